#!/bin/bash
#SBATCH --job-name=image
#SBATCH --time=01:00:00
#SBATCH --cpus-per-task=4
#SBATCH --mem=8G
#SBATCH --output=image-%j.log
#
# Builds blast.def on a node, and pushes it as a robot:   sbatch slurm-job.sh
#
# Once, as an owner of the collection (docs/admin/robots.md):
#   sregistry-admin -c production.ini robot add ada/lab+ci --scope push --expires 365d
# and that token in a file which nobody else may read: chmod 600 ~/.config/registry-robot
set -euo pipefail

REGISTRY=${REGISTRY:-registry.example.org}
COLLECTION=${COLLECTION:-ada/lab}
ROBOT=${ROBOT:-ada/lab+ci}
IMAGE=${IMAGE:-blast}
TOKEN_FILE=${TOKEN_FILE:-$HOME/.config/registry-robot}

# The disk of the node: a build has many small files, which shared file systems dislike. What is
# logged in to is kept there as well, and gone with the job.
scratch=$(mktemp -d -p "${TMPDIR:-/tmp}" "image-$SLURM_JOB_ID-XXXXXX")
trap 'rm -rf "$scratch"' EXIT
export APPTAINER_TMPDIR=$scratch APPTAINER_CACHEDIR=$scratch/cache
logins=$scratch/logins.json

apptainer build "$scratch/$IMAGE.sif" "$IMAGE.def"
apptainer registry login --authfile "$logins" --username "$ROBOT" --password-stdin \
    "oras://$REGISTRY" < "$TOKEN_FILE"
place="oras://$REGISTRY/$COLLECTION/$IMAGE"
apptainer push --authfile "$logins" "$scratch/$IMAGE.sif" "$place:job-$SLURM_JOB_ID"
apptainer push --authfile "$logins" "$scratch/$IMAGE.sif" "$place:latest"

"""The collection that trusts jobs, and what they must be."""

LAB = "/api/v1/collections/ada/lab"
EXCHANGE = f"{LAB}/exchange"
GITLAB = {"project_path": "lab/blast", "ref_type": "branch", "ref": "main", "ref_protected": "true"}
GITHUB = {"repository": "lab/blast", "ref": "refs/heads/main", "workflow": "image"}

// node openid-provider.mjs MODULE PORT CLIENTS -- a real OpenID provider on loopback, all in memory.
//
// MODULE   where oidc-provider is; CLIENTS as JSON. Whoever types a name at its page is that person.
import { pathToFileURL } from 'node:url';

const [module, port, clients] = process.argv.slice(2);
const { default: Provider } = await import(pathToFileURL(module).href);

const people = {
  ada: { name: 'Ada Lovelace', preferred_username: 'ada', email: 'ada@example.org', email_verified: true, groups: ['physics', 'staff'] },
  grace: { name: 'Grace Hopper', preferred_username: 'grace.hopper', email: 'grace@example.org', email_verified: false, groups: [] },
};

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: JSON.parse(clients),
  scopes: ['openid', 'email', 'profile', 'groups'],
  claims: {
    openid: ['sub'],
    email: ['email', 'email_verified'],
    profile: ['name', 'preferred_username'],
    groups: ['groups'],
  },
  features: {
    devInteractions: { enabled: true },
    rpInitiatedLogout: { enabled: true },
  },
  pkce: { required: () => true },
  cookies: { keys: ['only for tests'] },
  findAccount: (_, id) => people[id] && { accountId: id, claims: () => ({ sub: id, ...people[id] }) },
});
provider.listen(Number(port), '127.0.0.1', () => console.log('ready'));

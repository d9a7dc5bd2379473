// A real OpenID provider for the tests: `node server.mjs PORT REDIRECT_URI BACKCHANNEL_URI`.
// Its sign-in page is oidc-provider's own (devInteractions): any name and password will do.
import Provider from 'oidc-provider';
import { generateKeyPairSync } from 'node:crypto';

const [port, redirectUri, backchannelUri] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;

function key(kid) {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'RS256' };
}

const client = (id, more) => ({
  client_id: id,
  redirect_uris: [redirectUri],
  post_logout_redirect_uris: ['http://127.0.0.1/signed-out', new URL('/', redirectUri).href],
  backchannel_logout_uri: backchannelUri,
  backchannel_logout_session_required: true,
  grant_types: ['authorization_code'],
  response_types: ['code'],
  ...more,
});

const provider = new Provider(issuer, {
  clients: [
    client('lianyi basic', { client_secret: 'throw-away: s/ecret', token_endpoint_auth_method: 'client_secret_basic' }),
    client('lianyi-post', { client_secret: 'throw-away', token_endpoint_auth_method: 'client_secret_post' }),
    client('lianyi-public', { token_endpoint_auth_method: 'none' }),
  ],
  jwks: { keys: [key('first')] },
  cookies: { keys: ['throw-away'] },
  pkce: { required: () => true },
  claims: {
    openid: ['sub', 'sid'],
    email: ['email', 'email_verified'],
    profile: ['name', 'preferred_username', 'groups'],
  },
  conformIdTokenClaims: false,
  features: {
    devInteractions: { enabled: true },
    backchannelLogout: { enabled: true },
    rpInitiatedLogout: { enabled: true },
    userinfo: { enabled: true },
  },
  // Everybody here lives on the loopback, which it refuses to call otherwise.
  fetch: (url, { dispatcher, ...options }) => globalThis.fetch(url, options),
  findAccount: (ctx, id) => ({
    accountId: id,
    claims: () => ({
      sub: id,
      name: `Doctor ${id}`,
      preferred_username: id,
      email: `${id}@hospital.test`,
      email_verified: true,
      groups: ['laboratory', 'night'],
    }),
  }),
});
provider.on('server_error', (ctx, error) => console.error(error));
provider.listen(Number(port), '127.0.0.1', () => console.log('ready'));

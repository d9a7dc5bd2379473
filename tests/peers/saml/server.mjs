// A SAML identity provider of its own: the npm package samlify behind a sign-in page.
// Arguments: port, address of the platform's metadata, private key, certificate, what is signed
// ("assertion", "message" or "both"), whether requests must be signed ("signed" or "plain").
import { createServer } from 'node:http'
import { readFileSync } from 'node:fs'
import * as samlify from 'samlify'

const [port, metadata, keyFile, certificateFile, signs, requests] = process.argv.slice(2)
const home = `http://127.0.0.1:${port}`
samlify.setSchemaValidator({ validate: async () => 'not checked in this peer' })

const persistent = 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent'
const contexts = 'urn:oasis:names:tc:SAML:2.0:ac:classes:'
const people = {
  lin: { id: 'p-0001', mail: 'lin@hospital.test', displayName: '林医生', group: 'laboratory', proof: 'PasswordProtectedTransport' },
  wei: { id: 'p-0002', mail: 'wei@hospital.test', displayName: 'Wei', group: 'nobody', proof: 'TimeSyncToken' },
}
const template = samlify.SamlLib.defaultLoginResponseTemplate.context
  .replace('{AuthnStatement}', '<saml:AuthnStatement AuthnInstant="{IssueInstant}" SessionIndex="{AssertionID}"><saml:AuthnContext><saml:AuthnContextClassRef>{Proof}</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>')
  .replace('{AttributeStatement}', '<saml:AttributeStatement>' + ['uid', 'mail', 'displayName', 'memberOf'].map((name) => `<saml:Attribute Name="${name}" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:basic"><saml:AttributeValue xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="xs:string">{${name}}</saml:AttributeValue></saml:Attribute>`).join('') + '</saml:AttributeStatement>')

function identityProvider() {
  return samlify.IdentityProvider({
    entityID: `${home}/idp`,
    privateKey: readFileSync(keyFile),
    signingCert: readFileSync(certificateFile),
    wantAuthnRequestsSigned: requests === 'signed',
    nameIDFormat: [persistent],
    messageSigningOrder: 'sign-then-encrypt',
    singleSignOnService: [{ Binding: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect', Location: `${home}/sso` }],
    loginResponseTemplate: { context: template },
  })
}

async function serviceProvider() {
  let xml = await (await fetch(metadata)).text()
  if (signs === 'message') xml = xml.replace('WantAssertionsSigned="true"', 'WantAssertionsSigned="false"')
  return samlify.ServiceProvider({ metadata: xml, wantMessageSigned: signs !== 'assertion' })
}

async function answer(query, octetString, login) {
  const idp = identityProvider()
  const sp = await serviceProvider()
  const { extract } = await idp.parseLoginRequest(sp, 'redirect', { query, octetString })
  const person = people[login]
  const fill = (text) => {
    const now = new Date()
    const later = new Date(now.getTime() + 5 * 60_000)
    const id = `_${crypto.randomUUID()}`
    const acs = sp.entityMeta.getAssertionConsumerService('post')
    const values = {
      ID: id, AssertionID: `_${crypto.randomUUID()}`, Destination: acs, Audience: sp.entityMeta.getEntityID(),
      SubjectRecipient: acs, AssertionConsumerServiceURL: acs, EntityID: sp.entityMeta.getEntityID(),
      Issuer: idp.entityMeta.getEntityID(), IssueInstant: now.toISOString(), StatusCode: 'urn:oasis:names:tc:SAML:2.0:status:Success',
      ConditionsNotBefore: now.toISOString(), ConditionsNotOnOrAfter: later.toISOString(),
      SubjectConfirmationDataNotOnOrAfter: later.toISOString(), NameIDFormat: persistent, NameID: person.id,
      InResponseTo: extract.request.id, Proof: contexts + person.proof,
      uid: login, mail: person.mail, displayName: person.displayName, memberOf: person.group,
    }
    return { id, context: samlify.SamlLib.replaceTagsByValue(text, values) }
  }
  return (await idp.createLoginResponse(sp, { extract }, 'post', person, fill)).context
}

const escaped = (text) => String(text).replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`)
const hidden = (name, value) => `<input type="hidden" name="${name}" value="${escaped(value)}">`

createServer(async (request, response) => {
  const url = new URL(request.url, home)
  response.setHeader('content-type', 'text/html; charset=utf-8')
  try {
    if (request.method === 'GET') {
      response.end(`<form method="post" action="/sso${escaped(url.search)}"><input name="login"><button>Sign in</button></form>`)
      return
    }
    let body = ''
    for await (const chunk of request) body += chunk
    const query = Object.fromEntries(url.searchParams)
    const octetString = url.search.slice(1).split('&').filter((part) => !part.startsWith('Signature=')).join('&')
    const saml = await answer(query, octetString, new URLSearchParams(body).get('login'))
    const acs = (await serviceProvider()).entityMeta.getAssertionConsumerService('post')
    response.end(`<form method="post" action="${escaped(acs)}">${hidden('SAMLResponse', saml)}${hidden('RelayState', query.RelayState ?? '')}<button>Go on</button></form>`)
  } catch (error) {
    response.statusCode = 400
    response.end(escaped(`${error?.message ?? error}`))
  }
}).listen(Number(port), '127.0.0.1')

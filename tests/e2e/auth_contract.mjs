// Signs in, refreshes and signs out with the real supabase-js, as an app would: by code and by link, in both flows.
// Usage: node auth_contract.mjs URL ANON_KEY APP_URL. Exits with 1 and the failed assertion when the contract is broken.
import assert from 'node:assert/strict'
import { createClient } from '@supabase/supabase-js'
import ws from 'ws'

const [url, anonKey, appUrl] = process.argv.slice(2)
let people = 0

function newPerson() {
  people += 1
  return `person${people}.${Date.now()}@example.com`
}

function memoryStorage() {
  const items = new Map()
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  }
}

function newClient(flowType) {
  return createClient(url, anonKey, {
    auth: { flowType, storage: memoryStorage(), autoRefreshToken: false, detectSessionInUrl: false },
    realtime: { transport: ws }, // Node has its own WebSocket only from 22 on
  })
}

function good({ data, error }) {
  assert.equal(error, null, error?.message)
  return data
}

async function lastMail(email) {
  const answer = await fetch(`${url}/_local/inbox.json?to=${encodeURIComponent(email)}`)
  const [mail] = await answer.json()
  assert.ok(mail, 'a mail arrived')
  return mail
}

async function mailedCode(email) {
  return (await lastMail(email)).text.match(/\b\d{6}\b/)[0]
}

async function clickLink(email) {
  const link = (await lastMail(email)).text.match(/http\S+\/verify\?\S+/)[0]
  const answer = await fetch(link, { redirect: 'manual' })
  assert.equal(answer.status, 303)
  return new URL(answer.headers.get('location'))
}

async function goThroughASession(client, email) {
  const { user } = good(await client.auth.getUser())
  assert.equal(user.email, email)
  assert.equal(user.aud, 'authenticated')
  assert.ok(user.email_confirmed_at)

  const { claims } = good(await client.auth.getClaims())
  assert.equal(claims.sub, user.id)
  assert.equal(claims.iss, `${url}/auth/v1`)

  const before = good(await client.auth.getSession()).session
  const { session } = good(await client.auth.refreshSession())
  assert.notEqual(session.refresh_token, before.refresh_token)
  assert.equal(good(await client.auth.getUser()).user.id, user.id)

  const renamed = good(await client.auth.updateUser({ data: { name: 'Rosa' } }))
  assert.equal(renamed.user.user_metadata.name, 'Rosa')

  const { error } = await client.auth.signOut()
  assert.equal(error, null)
  assert.equal(good(await client.auth.getSession()).session, null)
  const after = await newClient('implicit').auth.refreshSession({ refresh_token: session.refresh_token })
  assert.equal(after.error.code, 'refresh_token_not_found')
}

const contract = {
  async 'a mailed code signs in'(flowType) {
    const [client, email] = [newClient(flowType), newPerson()]
    good(await client.auth.signInWithOtp({ email }))
    const wrong = await client.auth.verifyOtp({ email, token: 'nope', type: 'email' })
    assert.equal(wrong.error.code, 'otp_expired')
    assert.equal(wrong.error.status, 403)
    const { session } = good(await client.auth.verifyOtp({ email, token: await mailedCode(email), type: 'email' }))
    assert.equal(session.token_type, 'bearer')
    await goThroughASession(client, email)
  },

  async 'a clicked link signs in'(flowType) {
    const [client, email] = [newClient(flowType), newPerson()]
    good(await client.auth.signInWithOtp({ email, options: { emailRedirectTo: `${appUrl}/welcome` } }))
    const target = await clickLink(email)
    assert.equal(target.origin + target.pathname, `${appUrl}/welcome`)
    if (flowType === 'pkce') {
      const flowId = target.searchParams.get('sb_flow_id')
      good(await client.auth.exchangeCodeForSession(target.searchParams.get('code'), flowId ? { flowId } : undefined))
    } else {
      const parts = new URLSearchParams(target.hash.slice(1))
      const [access_token, refresh_token] = [parts.get('access_token'), parts.get('refresh_token')]
      good(await client.auth.setSession({ access_token, refresh_token }))
    }
    await goThroughASession(client, email)
  },

  async "a clicked link's token signs in as a hash"(flowType) {
    const [client, email] = [newClient(flowType), newPerson()]
    good(await client.auth.signInWithOtp({ email }))
    const link = new URL((await lastMail(email)).text.match(/http\S+\/verify\?\S+/)[0])
    good(await client.auth.verifyOtp({ token_hash: link.searchParams.get('token'), type: 'email' }))
    await goThroughASession(client, email)
  },

  async 'a stolen authorization code is worth nothing'(flowType) {
    if (flowType !== 'pkce') return
    const [client, thief, email] = [newClient(flowType), newClient(flowType), newPerson()]
    good(await client.auth.signInWithOtp({ email }))
    await thief.auth.signInWithOtp({ email: newPerson() })
    const code = (await clickLink(email)).searchParams.get('code')
    const { error } = await thief.auth.exchangeCodeForSession(code)
    assert.equal(error.code, 'bad_code_verifier')
  },

  async 'a stranger is not signed up against their will'(flowType) {
    const { error } = await newClient(flowType).auth.signInWithOtp({
      email: newPerson(),
      options: { shouldCreateUser: false },
    })
    assert.equal(error.code, 'otp_disabled')
  },
}

for (const flowType of ['implicit', 'pkce']) {
  for (const [name, run] of Object.entries(contract)) {
    await run(flowType)
    console.log(`${flowType}: ${name}`)
  }
}

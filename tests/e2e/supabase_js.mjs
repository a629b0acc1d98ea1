// What a client does, with the real supabase-js: sign-in, the operations by functions.invoke and by FunctionsClient against the
// API's own address, PUT by signed URL, playback by range, and an error as clients see it.
// Usage: node supabase_js.mjs URL ANON_KEY SAMPLE. Exits with 1 and the failed assertion when anything is not as it must be.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { FunctionsClient } from '@supabase/functions-js'
import { createClient, FunctionsHttpError } from '@supabase/supabase-js'
import ws from 'ws'

const [url, anonKey, samplePath] = process.argv.slice(2)
const voice = await readFile(samplePath)
const mark = `${Date.now()}${Math.floor(Math.random() * 1e6)}`

function newClient() {
  return createClient(url, anonKey, {
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
    realtime: { transport: ws }, // Node has its own WebSocket only from 22 on
  })
}

async function inbox(email) {
  return (await fetch(`${url}/_local/inbox.json?to=${encodeURIComponent(email)}`)).json()
}

async function newestMail(email, seen = 0) {
  for (let tries = 0; tries < 200; tries += 1) {
    const mails = await inbox(email)
    if (mails.length > seen) return mails[0]
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('no mail arrived')
}

async function signIn(email) {
  const client = newClient()
  const seen = (await inbox(email)).length
  const asked = await client.auth.signInWithOtp({ email })
  assert.equal(asked.error, null)
  const token = (await newestMail(email, seen)).text.match(/\b\d{6}\b/)[0]
  const { data, error } = await client.auth.verifyOtp({ email, token, type: 'email' })
  assert.equal(error, null)
  assert.ok(data.session.access_token)
  return { client, session: data.session }
}

async function invoke(functions, name, body, headers) {
  const { data, error } = await functions.invoke(name, { body, headers })
  assert.equal(error, null, error && `${name}: ${JSON.stringify(await error.context.json())}`)
  return data.data
}

async function refusal(functions, name, body) {
  const { data, error } = await functions.invoke(name, { body })
  assert.equal(data, null)
  assert.ok(error instanceof FunctionsHttpError, `${name} is refused as FunctionsHttpError`)
  return { status: error.context.status, headers: error.context.headers, ...(await error.context.json()).error }
}

const ana = await signIn(`ana.${mark}@example.org`)
const ben = await signIn(`ben.${mark}@example.org`)
// Where API and sign-in do not share an origin, the same client takes any address.
const apart = new FunctionsClient(`${url}/functions/v1`, { headers: { Authorization: `Bearer ${ben.session.access_token}` } })

const founded = await invoke(ana.client.functions, 'create-family', { name: 'Moreno', locale: 'fr' }, { 'idempotency-key': mark })
const again = await invoke(ana.client.functions, 'create-family', { name: 'Moreno', locale: 'fr' }, { 'idempotency-key': mark })
assert.deepEqual(again, founded, 'the same key makes the same family')
const familyId = founded.family.id

const { invite } = await invoke(ana.client.functions, 'create-invite', { familyId, email: `ben.${mark}@example.org` })
assert.match(invite.code, /^[A-HJ-NP-Z]{3}-[A-HJ-NP-Z]{3}-[A-HJ-NP-Z]{3}$/)
assert.ok(invite.emailQueued)
const joined = await invoke(apart, 'redeem-invite', { code: invite.code.replaceAll('-', ' ').toLowerCase() })
assert.deepEqual(joined, { family: { id: familyId, name: 'Moreno', role: 'storyteller' }, alreadyMember: false })
console.log('family, invite, redeem: good')

const upload = await invoke(apart, 'get-signed-upload-url', {
  familyId, fileSizeBytes: voice.length, durationSeconds: 8.5, contentType: 'audio/mp4',
})
const early = await refusal(apart, 'finalize-recording', { familyId, recordingId: upload.recordingId })
assert.equal(early.status, 409)
assert.equal(early.code, 'UPLOAD_NOT_FOUND')
const put = await fetch(upload.uploadUrl, { method: 'PUT', headers: upload.uploadHeaders, body: voice })
assert.equal(put.status, 200)
const recordingId = upload.recordingId
const kept = await invoke(apart, 'finalize-recording', { familyId, recordingId, title: 'Le dimanche' })
assert.equal(kept.recording.sizeBytes, voice.length)
assert.equal(kept.recording.title, 'Le dimanche')
assert.equal(kept.receipt.recordingId, recordingId)
console.log('upload, finalize: good')

const playback = await invoke(ana.client.functions, 'get-signed-playback-url', { recordingId })
const part = await fetch(playback.url, { headers: { Range: 'bytes=100-199' } })
assert.equal(part.status, 206)
assert.equal(part.headers.get('content-range'), `bytes 100-199/${voice.length}`)
assert.deepEqual(Buffer.from(await part.arrayBuffer()), voice.subarray(100, 200))
console.log('playback by range: good')

const checkout = await invoke(ana.client.functions, 'create-checkout-session', { familyId, plan: 'legacy', interval: 'year' })
const paid = await fetch(`${url}/_local/stripe/checkout/${checkout.sessionId}/pay`, { method: 'POST' })
assert.equal(paid.status, 200)
assert.ok((await paid.json()).subscriptionId)
let family
for (let tries = 0; tries < 200 && family?.entitlement.plan !== 'legacy'; tries += 1) {
  await new Promise((resolve) => setTimeout(resolve, 100))
  const answer = await fetch(`${url}/v1/families/${familyId}`, { headers: { Authorization: `Bearer ${ana.session.access_token}` } })
  family = (await answer.json()).data.family
}
assert.equal(family.entitlement.plan, 'legacy')
assert.ok((await invoke(ana.client.functions, 'create-portal-session', { familyId })).url)
console.log('checkout, webhook, portal: good')

const forbidden = await refusal(apart, 'create-invite', { familyId })
assert.deepEqual([forbidden.status, forbidden.code], [403, 'FORBIDDEN'])
const wrong = await refusal(ana.client.functions, 'get-signed-playback-url', { recordingId: 'not an id' })
assert.deepEqual([wrong.status, wrong.code], [400, 'VALIDATION_FAILED'])
assert.ok(wrong.message.startsWith('recordingId: '))
assert.ok(wrong.headers.get('x-request-id'))
console.log('errors as FunctionsHttpError: good')

// What a client relies on, said in types: tsc refuses this file when the document stops saying it.
import type { AppEvents, ServerEvents, Track, components, paths } from '../../clients/stories.js'

type Schemas = components['schemas']
type CreateFamily = paths['/functions/v1/create-family']['post']
type Data = CreateFamily['responses'][200]['content']['application/json']['data']

// Only the name is needed, and languages are three.
export const founding: CreateFamily['requestBody']['content']['application/json'] = { name: 'Moreno' }
// @ts-expect-error German is none of them
export const german: Schemas['CreateFamilyRequest'] = { name: 'Moreno', locale: 'de' }
// @ts-expect-error a family without a name is none
export const nameless: Schemas['CreateFamilyRequest'] = {}

// What an answer holds is there, and null is said where it may be.
export const seeded = (data: Data): number => data.promptsSeeded
export const ends = (data: Data): string | null => data.entitlement.currentPeriodEnd
// @ts-expect-error null on the free plan
export const endsFor = (data: Data): string => data.entitlement.currentPeriodEnd
// Outside the trash there are no days left.
export const days = (recording: Schemas['Recording']): number | undefined => recording.daysLeft ?? undefined

// Errors are told apart by their code, and then have their own details.
type Refused = paths['/functions/v1/get-signed-upload-url']['post']['responses'][403]['content']['application/json']
export function missingBytes(refused: Refused): number {
  if (refused.error.code === 'FORBIDDEN') return 0
  if ('details' in refused.error && 'quotaBytes' in refused.error.details) {
    return refused.error.details.requestedBytes
  }
  return 0
}

// A webhook is no business of a client's token, an Idempotency-Key is a header.
export const header: CreateFamily['parameters']['header'] = { 'Idempotency-Key': 'founding-1' }

// The app's product events are typed, and hold nobody's words.
declare const track: Track
const ids = { familyId: '6f1c2c1e-3b0a-4c55-9d2e-8a7f0c1b2d3e', recordingId: '9c2f4b7a-1d3e-4f56-8a90-b1c2d3e4f506' }
track('playback_started', ids)
track('auth_signed_out', {})
// @ts-expect-error without its recording, a playback is of nothing
track('playback_started', { familyId: ids.familyId })
// @ts-expect-error a title is somebody's words
track('recording_completed', { familyId: ids.familyId, title: 'The bakery' })
// @ts-expect-error the backend sends this one: from the app it would count twice
track('recording_saved', { ...ids, sizeBytes: 1 })
export const both: keyof AppEvents & keyof ServerEvents = undefined as never

// What a client relies on, said in types: tsc refuses this file when the document stops saying it.
import type { components, paths } from '../../clients/stories.js'

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

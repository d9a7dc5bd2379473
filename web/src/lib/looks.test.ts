import { QueryClient } from '@tanstack/react-query'
import { expect, it } from 'vitest'

import { ApiFailure, type Glass, type Key, type Problem } from './api'
import { isMasked, opens, seeLess } from './looks'

function glass(part: Partial<Glass>): Glass {
  return {
    id: 'g',
    name: 'li',
    patients: [],
    position: '',
    organisation: '',
    purpose: 'HOPERAT',
    reason: 'fault',
    words: '',
    began_at: '2026-03-01T00:00:00Z',
    until: '2026-03-01T00:30:00Z',
    reviewed_by: null,
    reviewed_at: null,
    justified: null,
    remark: '',
    ...part,
  }
}

const patient: Key = { kind: 'patient', value: '4711', authority: 'HIS' }
const order: Key = { kind: 'order', value: '4712', authority: 'HIS' }

it('a look opens the messages of its patients, and no other key that looks like one', () => {
  const one = glass({ patients: ['4711^HIS', '4712^HIS'] })
  expect(opens(one, { position: '1-1', keys: [order, patient] })).toBe(true)
  expect(opens(one, { position: '1-1', keys: [order] })).toBe(false)
  expect(opens(one, { position: '1-1', keys: [{ ...patient, authority: 'LAB' }] })).toBe(false)
})

it('a look at a message that names nobody opens that message only', () => {
  const one = glass({ position: '1-7' })
  expect(opens(one, { position: '1-7', keys: [] })).toBe(true)
  expect(opens(one, { position: '1-70', keys: [] })).toBe(false)
  expect(opens(glass({}), { position: '', keys: [] })).toBe(false)
})

it('when less may be seen nothing about patients is kept, and the rest is', async () => {
  const queries = new QueryClient()
  queries.setQueryData(['trace', '1-1'], 'clear')
  queries.setQueryData(['messages', {}], 'clear')
  queries.setQueryData(['roles'], 'roles')

  await seeLess(queries)

  expect(queries.getQueryData(['trace', '1-1'])).toBeUndefined()
  expect(queries.getQueryData(['messages', {}])).toBeUndefined()
  expect(queries.getQueryData(['roles'])).toBe('roles')
})

it('tells the refusal that an emergency can lift from every other', () => {
  const problem = (code: string) => new ApiFailure(403, { code } as Problem)
  expect(isMasked(problem('LY-1877'))).toBe(true)
  expect(isMasked(problem('LY-1804'))).toBe(false)
  expect(isMasked(new Error('LY-1877'))).toBe(false)
})

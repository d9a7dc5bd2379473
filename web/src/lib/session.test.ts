import { QueryClient } from '@tanstack/react-query'
import { expect, it } from 'vitest'

import type { Session } from './api'
import { become, may, sessionKey } from './session'

function sessionOf(permissions: Record<string, string[]>): Session {
  return {
    site_name: '',
    timezone: 'Asia/Shanghai',
    version: '',
    signed_in: true,
    first_token: false,
    administered: true,
    providers: [],
    account: {
      name: 'li',
      display_name: 'Li',
      organisation: '',
      roles: [],
      permissions,
      purpose: 'HOPERAT',
      purposes: ['HOPERAT'],
      factors: ['password'],
      must_change: false,
      needs_factor: false,
    },
  }
}

it('somebody may do what he may do anywhere, and nothing else', () => {
  const session = sessionOf({ 'channels.read': ['LAB'], 'messages.read': [] })

  expect(may(session, 'channels.read')).toBe(true)
  expect(may(session, 'messages.read')).toBe(false)
  expect(may(session, 'accounts.read')).toBe(false)
  expect(may({ ...session, account: null }, 'channels.read')).toBe(false)
})

it('who goes on as somebody else finds nothing of the one before', () => {
  const queries = new QueryClient()
  queries.setQueryData(['messages'], ['of the one before'])

  become(queries, sessionOf({}))

  expect(queries.getQueryData(['messages'])).toBeUndefined()
  expect(queries.getQueryData(sessionKey)).toEqual(sessionOf({}))
})

// @vitest-environment jsdom
import { beforeEach, expect, it, vi } from 'vitest'

const LI = { name: 'li', purposes: ['HOPERAT', 'TREAT'] }

/** What a tab finds when it is opened, or loaded again. */
async function tab() {
  vi.resetModules()
  return import('./purpose')
}

beforeEach(() => sessionStorage.clear())

it('nothing is said as long as nobody has chosen', async () => {
  const purpose = await tab()
  expect(purpose.chosenPurpose()).toBeNull()
})

it('a choice holds when the tab is loaded again, and only there', async () => {
  const before = await tab()
  before.choosePurpose(LI, 'TREAT')

  const after = await tab()
  after.keepPurposeOf(LI)

  expect(after.chosenPurpose()).toBe('TREAT')
  expect(localStorage.length).toBe(0)
})

it('who chooses what the server takes anyway says nothing', async () => {
  const purpose = await tab()
  purpose.choosePurpose(LI, 'TREAT')
  purpose.choosePurpose(LI, 'HOPERAT')
  expect(purpose.chosenPurpose()).toBeNull()
})

it.each([
  ['nobody', null],
  ['somebody else', { name: 'wang', purposes: ['HOPERAT', 'TREAT'] }],
  ['himself without that purpose', { name: 'li', purposes: ['HOPERAT'] }],
])('the choice of one who is now %s is forgotten', async (_, person) => {
  const purpose = await tab()
  purpose.choosePurpose(LI, 'TREAT')
  purpose.keepPurposeOf(person)
  expect(purpose.chosenPurpose()).toBeNull()
  expect(sessionStorage.length).toBe(0)
})

it('what stands in the store and was not written by us is nothing', async () => {
  sessionStorage.setItem('lianyi.purpose', '{"account": 7')
  expect((await tab()).chosenPurpose()).toBeNull()
  sessionStorage.setItem('lianyi.purpose', '{"account": "li", "purpose": ["TREAT"]}')
  expect((await tab()).chosenPurpose()).toBeNull()
})

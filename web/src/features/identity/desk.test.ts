import { expect, it } from 'vitest'

import { demographics, NOTHING, scanned } from './desk'

it('nobody is looked for by a birthday or an address alone', () => {
  expect(demographics({ ...NOTHING, born: '19800315', address: '北京', name: '  ' })).toBeNull()
})

it('what is typed is asked about, without the spaces, and what is empty says nothing', () => {
  expect(demographics({ ...NOTHING, name: ' 王小明 ', number: '110' })).toEqual({
    name: '王小明', born: '', sex: '', mother_name: '', phones: [], addresses: [],
    identifiers: [{ kind: '', value: '110', issuer: '', status: '', replaced_by: '', capture: 'typed' }],
  })
})

it('what a code stands for fills what nobody typed', () => {
  const card = { value: '7E5B', name: '王小明', born: '1980-03-15' }
  expect(scanned({ ...NOTHING, name: '王晓明' }, card)).toEqual({ ...NOTHING, name: '王晓明', number: '7E5B', born: '1980-03-15' })
})

import { expect, it } from 'vitest'

import { demographics, NOTHING } from './desk'

it('nobody is looked for by a birthday or an address alone', () => {
  expect(demographics({ ...NOTHING, born: '19800315', address: '北京', name: '  ' })).toBeNull()
})

it('what is typed is asked about, without the spaces, and what is empty says nothing', () => {
  expect(demographics({ ...NOTHING, name: ' 王小明 ', number: '110' })).toEqual({
    name: '王小明', born: '', sex: '', mother_name: '', phones: [], addresses: [],
    identifiers: [{ kind: '', value: '110', issuer: '', capture: 'typed' }],
  })
})

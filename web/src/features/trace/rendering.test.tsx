// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'

import { BodyText } from '@/components/BodyText'
import { startTexts } from '@/lib/texts'

import { Differences } from './Differences'
import { InsteadOf } from './ShownBy'
import { Tree } from './Tree'

const EVIL = '<img src=x onerror="globalThis.pwned=1"><script>globalThis.pwned=1</script>'
const MESSAGE = `MSH|^~\\&|HIS\rPID|1||0004711^^^HIS|${EVIL}\rOBX|1||||5\rOBX|2||||6`

beforeAll(() => startTexts('zh'))
afterEach(cleanup)

const injected = (container: HTMLElement) => container.querySelectorAll('img, script, b').length

describe('the text of a message', () => {
  it('has one line for each segment and shows every character as text', () => {
    const { container } = render(<BodyText body={MESSAGE} />)
    expect([...container.querySelectorAll('.body-line')].map((line) => line.textContent)).toEqual(MESSAGE.split('\r'))
    expect(injected(container)).toBe(0)
  })

  it('highlights exactly the fields that are named, in the right segment', () => {
    const { container } = render(<BodyText body={MESSAGE} marked={new Set(['PID-3', 'OBX(2)-5'])} />)
    expect([...container.querySelectorAll('mark')].map((mark) => mark.textContent)).toEqual(['0004711^^^HIS', '6'])
  })
})

describe('differences', () => {
  it('show path, before and after as text', () => {
    const { container } = render(<Differences diff={[{ path: 'PID-8', before: 'M', after: EVIL }]} />)
    expect(screen.getByRole('row', { name: `PID-8 M ${EVIL}` })).toBeTruthy()
    expect(container.querySelector('del')?.textContent).toBe('M')
    expect(container.querySelector('ins')?.textContent).toBe(EVIL)
    expect(injected(container)).toBe(0)
  })

  it('tell nothing from empty', () => {
    render(<Differences diff={[{ path: 'ZPI-4', before: null, after: '' }]} />)
    expect(screen.getByRole('row', { name: 'ZPI-4 （无） （空）' })).toBeTruthy()
  })
})

describe('what is shown by another definition than the one that did it', () => {
  it('says so in words', () => {
    render(<InsteadOf by={{ version: 3, instead_of: 2 }} />)
    expect(screen.getByRole('note').textContent).toMatch(/^按当前定义显示：当时的版本 2 .*版本 3/)
  })

  it('says nothing where the definition is the one that did it', () => {
    render(<InsteadOf by={{ version: 2, instead_of: null }} />)
    expect(screen.queryByRole('note')).toBeNull()
  })
})

describe('the parsed tree', () => {
  const leaf = { path: 'PID-5.1', name_zh: '姓', name_en: 'family name', value: EVIL, children: [] }
  const nodes = [{ path: 'PID', name_zh: '患者', name_en: 'Patient', value: null, children: [leaf] }]

  it('shows names in the language of the reader and values as text', () => {
    const { container } = render(<Tree nodes={nodes} findings={[]} />)
    expect(container.querySelector('.tree')?.textContent).toBe(`PID患者PID-5.1姓${EVIL}`)
    expect(injected(container)).toBe(0)
  })

  it('folds, and opens by itself what a search finds', () => {
    render(<Tree nodes={nodes} findings={[]} />)
    fireEvent.click(screen.getByRole('button', { name: /PID/ }))
    expect(screen.queryByText('PID-5.1')).toBeNull()
    fireEvent.change(screen.getByRole('textbox', { name: '按路径、名称或值查找字段' }), { target: { value: '5.1' } })
    expect(screen.getByText('PID-5.1')).toBeTruthy()
  })
})

// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, beforeAll, expect, it } from 'vitest'

import type { DefinitionLine } from '@/lib/api'
import { startTexts } from '@/lib/texts'

import { Lines } from './Lines'

const EVIL = '<img src=x onerror="globalThis.pwned=1">'
const both = (number: number): DefinitionLine => ({ where: 'both', number, number_in_force: number, text: `line ${number}` })

beforeAll(() => startTexts('zh'))
afterEach(cleanup)

it('differences say which version has which line, and show text as text', () => {
  const lines: DefinitionLine[] = [
    both(1),
    { where: 'this', number: 2, number_in_force: null, text: 'port: 6661' },
    { where: 'in_force', number: null, number_in_force: 2, text: EVIL },
  ]
  const { container } = render(<Lines lines={lines} version={1} inForce={3} />)
  expect(screen.getByRole('row', { name: '1 1 line 1' })).toBeTruthy()
  expect(screen.getByText('− 仅在版本 1：1 行')).toBeTruthy()
  expect(screen.getByText('+ 仅在当前生效的版本 3：1 行')).toBeTruthy()
  expect(container.querySelector('table del')?.textContent).toBe('port: 6661')
  expect(container.querySelector('table ins')?.textContent).toBe(EVIL)
  expect(container.querySelectorAll('img').length).toBe(0)
})

it('what is folded away is shown when asked for', () => {
  const lines: DefinitionLine[] = [...Array.from({ length: 9 }, (_, n) => both(n + 1)), { where: 'this', number: 10, number_in_force: null, text: 'end' }]
  render(<Lines lines={lines} version={1} inForce={2} />)
  expect(screen.queryByText('line 1')).toBeNull()
  fireEvent.click(screen.getByRole('button', { name: '显示 6 行相同内容' }))
  expect(screen.getByText('line 1')).toBeTruthy()
})

it('the same text is said to be the same', () => {
  render(<Lines lines={[both(1)]} version={1} inForce={2} />)
  expect(screen.getByText(/通道文件的文本与当前生效的版本 2 相同/)).toBeTruthy()
  expect(screen.queryByRole('table')).toBeNull()
})

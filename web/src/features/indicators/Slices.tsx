import { CloseOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import { useState } from 'react'

import type { Dimension, Narrowed } from '@/lib/api'
import { useTexts } from '@/lib/texts'

import type { Slice } from './explored'
import { useSaid } from './parts'

const PLACES = ['hospital', 'department', 'doctor', 'month']

/** Narrows what is counted: a column, then one of its values or how it begins. */
export function SlicePicker({ dimensions, add }: { dimensions: Dimension[]; add: (column: string, value: string) => void }) {
  const { t } = useTexts()
  const said = useSaid()
  const [column, setColumn] = useState('')
  const [text, setText] = useState('')
  const offered = dimensions.filter((one) => !PLACES.includes(one.column))
  const chosen = offered.find((one) => one.column === column)
  const done = (value: string) => {
    add(column, value)
    setColumn('')
    setText('')
  }
  if (offered.length === 0) return null
  return (
    <span className="row">
      <select className="native" aria-label={t('indicators.explore.narrow')} value={column} onChange={({ target }) => setColumn(target.value)}>
        <option value="">{t('indicators.explore.narrow')}</option>
        {offered.map((one) => (
          <option key={one.column} value={one.column}>
            {said(one.name)}
          </option>
        ))}
      </select>
      {chosen && !chosen.text && (
        <select className="native" aria-label={said(chosen.name)} value="" onChange={({ target }) => done(target.value)}>
          <option value="">{t('indicators.explore.value')}</option>
          {chosen.values.map(({ code, name }) => (
            <option key={code} value={code}>
              {said(name)}
            </option>
          ))}
        </select>
      )}
      {chosen?.text && (
        <form
          className="row"
          onSubmit={(event) => {
            event.preventDefault()
            if (text.trim() !== '') done(text.trim().replaceAll(',', ''))
          }}
        >
          <input className="native slice-text" aria-label={t('indicators.explore.begins', { name: said(chosen.name) })} placeholder={t('indicators.explore.beginsHint')} maxLength={40} value={text} onChange={({ target }) => setText(target.value)} />
          <Button size="small" htmlType="submit">
            {t('indicators.explore.add')}
          </Button>
        </form>
      )}
    </span>
  )
}

/** What is narrowed, as the answer tells it; each can be taken away. */
export function SliceChips({ slices, told, remove }: { slices: readonly Slice[]; told: readonly Narrowed[] | undefined; remove: (column: string) => void }) {
  const { t } = useTexts()
  const said = useSaid()
  return slices.map(({ column, value }) => {
    const known = told?.find((one) => one.column === column && one.value === value)
    const text = known ? `${said(known.name)}：${said(known.called)}` : `${column}：${value}`
    return (
      <Button key={column} size="small" icon={<CloseOutlined />} iconPlacement="end" aria-label={t('indicators.explore.remove', { slice: text })} onClick={() => remove(column)}>
        {text}
      </Button>
    )
  })
}

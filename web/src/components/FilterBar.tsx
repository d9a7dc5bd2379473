import { CloseOutlined } from '@ant-design/icons'
import { type ReactNode, useEffect, useId, useState } from 'react'

import { useTexts } from '@/lib/texts'

export type Filter =
  | { kind: 'choice'; name: string; label: string; options: { value: string; label: string }[] }
  | { kind: 'text'; name: string; label: string; hint: string; suggestions: string[] }

type Props = {
  filters: Filter[]
  values: Record<string, string | undefined>
  change: (name: string, value: string | undefined) => void
  extra?: ReactNode
}

/** One chip for each filter; a chip that is set says so and can be cleared. */
export function FilterBar({ filters, values, change, extra }: Props) {
  const { t } = useTexts()
  return (
    <div className="filters" role="group" aria-label={t('common.filters')}>
      {extra}
      {filters.map((filter) => (
        <Chip key={filter.name} filter={filter} value={values[filter.name]} change={(value) => change(filter.name, value)} />
      ))}
    </div>
  )
}

function Chip({ filter, value, change }: { filter: Filter; value: string | undefined; change: (value: string | undefined) => void }) {
  const { t } = useTexts()
  const set = value !== undefined
  return (
    <span className={`chip${set ? ' chip-set' : ''}`}>
      <label>
        <span className="chip-label">{filter.label}</span>
        {filter.kind === 'choice' ? (
          <select value={value ?? ''} onChange={(event) => change(event.target.value || undefined)}>
            <option value="">{t('common.any')}</option>
            {/* An address may name a channel that is gone. */}
            {set && !filter.options.some((option) => option.value === value) && <option value={value}>{value}</option>}
            {filter.options.map((option) => (
              <option key={option.value} value={option.value}>
                {option.label}
              </option>
            ))}
          </select>
        ) : (
          <TextChip filter={filter} value={value} change={change} />
        )}
      </label>
      {set && (
        <button type="button" className="chip-clear" aria-label={t('common.clearFilter', { name: filter.label })} onClick={() => change(undefined)}>
          <CloseOutlined />
        </button>
      )}
    </span>
  )
}

type TextFilter = Extract<Filter, { kind: 'text' }>

/** Applies on Enter or when the field is left, not with every letter. */
function TextChip({ filter, value, change }: { filter: TextFilter; value: string | undefined; change: (value: string | undefined) => void }) {
  const [text, setText] = useState(value ?? '')
  const list = useId()
  useEffect(() => setText(value ?? ''), [value])
  const apply = (typed: string) => {
    if (typed !== (value ?? '')) change(typed === '' ? undefined : typed)
  }
  return (
    <>
      <input
        value={text}
        placeholder={filter.hint}
        list={list}
        size={15}
        onChange={(event) => setText(event.target.value)}
        onBlur={() => apply(text)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') apply(text)
        }}
      />
      <datalist id={list}>
        {filter.suggestions.map((suggestion) => (
          <option key={suggestion} value={suggestion} />
        ))}
      </datalist>
    </>
  )
}

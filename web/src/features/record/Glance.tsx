import { Button } from 'antd'
import type { ReactNode } from 'react'

import type { RecordItem, RecordOverview, RecordSection } from '@/lib/api'
import { useTexts } from '@/lib/texts'

import { Curves } from './Curves'
import { ItemLine } from './ItemList'
import { sectionName } from './parts'
import { SeriesTable } from './SeriesTable'
import type { SectionName } from './words'

type Opens = (item: RecordItem) => void
type Goes = (section: SectionName) => void

const [LEFT, RIGHT] = [
  ['encounter', 'problem', 'medication', 'order', 'procedure', 'nursing'],
  ['laboratory', 'vital-sign', 'imaging', 'document', 'immunisation', 'appointment', 'charge', 'other'],
] as const
const SHOWN = 6

/** The whole record at a glance: what matters most of each heading. */
export function Glance({ record, open, go }: { record: RecordOverview; open: Opens; go: Goes }) {
  const of = new Map<string, RecordSection>(record.sections.map((one) => [one.section, one]))
  const column = (names: readonly SectionName[]) => (
    <div className="stack">
      {names.map((name) => {
        const section = of.get(name)
        return section && <Panel key={name} record={record} section={section} name={name} open={open} go={go} />
      })}
    </div>
  )
  return (
    <div className="record-glance">
      {column(LEFT)}
      {column(RIGHT)}
    </div>
  )
}

function Panel({ record, section, name, open, go }: { record: RecordOverview; section: RecordSection; name: SectionName; open: Opens; go: Goes }) {
  const { t } = useTexts()
  return (
    <section className="panel" aria-label={sectionName(t, name)}>
      <div className="panel-head">
        <h2>{sectionName(t, name)}</h2>
        <span className="quiet num">{section.count}</span>
        {section.count > SHOWN && (
          <Button type="link" size="small" className="push" onClick={() => go(name)}>
            {t('record.all')}
          </Button>
        )}
      </div>
      <Content record={record} section={section} name={name} open={open} />
    </section>
  )
}

function Content({ record, section, name, open }: { record: RecordOverview; section: RecordSection; name: SectionName; open: Opens }): ReactNode {
  const measured = record.series.filter((one) => one.section === name && one.vital === '')
  const vitals = record.series.filter((one) => one.vital !== '')
  if (name === 'laboratory' && measured.length > 0) return <SeriesTable series={measured} most={10} />
  if (name === 'vital-sign' && vitals.length > 0) return <VitalSigns series={vitals} />
  return (
    <ul className="record-lines">
      {section.items.slice(0, SHOWN).map((item) => (
        <li key={`${item.type}/${item.id}`}>
          <ItemLine item={item} open={open} />
        </li>
      ))}
    </ul>
  )
}

/** Vital signs as the chart at the bed has them (体温单): temperature and pulse above, pressure below. */
export function VitalSigns({ series }: { series: RecordOverview['series'] }) {
  const groups = [['temperature', 'temperature-oral', 'temperature-rectal'], ['pulse', 'respiration'], ['systolic', 'diastolic'], ['oxygen']]
  const drawn = groups.map((names) => series.filter(({ vital, points }) => names.includes(vital) && points.length > 1)).filter((group) => group.length > 0)
  return (
    <div className="vitals">
      {drawn.map((group) => (
        <div key={group[0]?.key} className="vitals-row">
          <h3>{group.map(({ title }) => title).join(' / ')}</h3>
          <Curves series={group} height={90} />
        </div>
      ))}
      <SeriesTable series={series} />
    </div>
  )
}

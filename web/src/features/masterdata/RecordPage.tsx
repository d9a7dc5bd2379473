import './masterdata.css'

import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { Button } from 'antd'
import { useState } from 'react'

import { Mark } from '@/components/StateMark'
import { Failed, Loading } from '@/components/StatePage'
import { client, type RecordDetail, type RecordKind, type RecordLink as Relation, take } from '@/lib/api'
import { type Translate, useTexts } from '@/lib/texts'

import { Changes } from './Changes'
import { useDoings } from './changing'
import { DayNotice, DayPicker } from './day'
import { type Form, FormDialog } from './FormDialog'
import { Days, RecordLink, Said, treeName, useName } from './parts'
import { Provenance } from './Provenance'

const KINDS: readonly RecordKind[] = ['organisation', 'location', 'practitioner']

/** What is this department, and what was it on that date? */
export default function RecordPage() {
  const { kind: asked, code } = useParams({ from: '/masterdata/$kind/$code' })
  const kind = KINDS.find((one) => one === asked) ?? 'organisation'
  const { as_of } = useSearch({ from: '/masterdata/$kind/$code' })
  const record = useQuery({
    queryKey: ['masterdata', 'record', kind, code, as_of],
    queryFn: () =>
      take(client.GET('/api/v1/masterdata/{kind}/{code}', { params: { path: { kind, code }, query: { as_of: as_of ?? null } } })),
  })
  if (record.isPending) return <Loading rows={12} />
  if (!record.data) return <Failed error={record.error} retry={() => void record.refetch()} />
  return <Record kind={kind} detail={record.data} day={as_of} />
}

function Record({ kind, detail, day }: { kind: RecordKind; detail: RecordDetail; day: string | undefined }) {
  const { t } = useTexts()
  const name = useName()
  const navigate = useNavigate()
  const queries = useQueryClient()
  const [form, setForm] = useState<Form | null>(null)
  const { record } = detail
  const doings = useDoings(kind, record, day, async () => queries.invalidateQueries({ queryKey: ['masterdata'] }))
  const travel = (as_of: string | undefined) =>
    void navigate({ to: '/masterdata/$kind/$code', params: { kind, code: record.code }, search: as_of === undefined ? {} : { as_of }, replace: true })
  return (
    <>
      <div className="page-head">
        <h1>{name(record)}</h1>
        <code>{record.code}</code>
        <Mark tone={record.exists ? 'good' : 'mute'}>{record.exists ? t('masterdata.there') : t('masterdata.gone')}</Mark>
        {record.emergency && <Mark tone="warn">{t('masterdata.temporary')}</Mark>}
        <DayPicker day={day} change={travel} />
        <span className="push row">
          {doings.map((doing) => (
            <Button key={doing.key} size="small" danger={doing.danger ?? false} onClick={() => setForm(doing.form())}>
              {doing.label}
            </Button>
          ))}
        </span>
      </div>
      <DayNotice day={day} />
      <div className="record-body">
        <div className="stack">
          <Facts detail={detail} />
          <Relations detail={detail} day={day} />
        </div>
        <div className="stack">
          <Names detail={detail} />
          <Provenance detail={detail} />
          {kind === 'organisation' && <Lineage detail={detail} day={day} />}
          <Changes kind={kind} code={record.code} />
        </div>
      </div>
      {form && <FormDialog form={form} close={() => setForm(null)} />}
    </>
  )
}

function Facts({ detail: { record } }: { detail: RecordDetail }) {
  const { t } = useTexts()
  return (
    <section className="panel panel-body" aria-label={record.code}>
      <dl className="facts">
        <dt>{t('masterdata.name')}</dt>
        <dd>{record.name_zh}</dd>
        <dt>{t('masterdata.nameEn')}</dt>
        <dd>{record.name_en}</dd>
        <dt>{t('masterdata.pinyin')}</dt>
        <dd>{record.pinyin}</dd>
        <dt>{t('masterdata.category')}</dt>
        <dd>{record.category}</dd>
        <dt>{t('masterdata.from')}</dt>
        <dd>
          <Days from={record.valid_from} to={record.valid_to} />
        </dd>
        <dt>{t('masterdata.identifiers')}</dt>
        <dd>{Object.entries(record.identifiers).map(([system, value]) => `${system} ${value}`).join(' · ')}</dd>
      </dl>
    </section>
  )
}

function relationName(t: Translate, { relation, leading }: Relation): string {
  if (relation === 'part-of') return leading ? t('masterdata.relation.partDown') : t('masterdata.relation.partUp')
  if (relation === 'place') return leading ? t('masterdata.relation.placeDown') : t('masterdata.relation.placeUp')
  if (relation === 'role') return leading ? t('masterdata.relation.roleDown') : t('masterdata.relation.roleUp')
  const tree = treeName(t, relation.replace(/^tree:/, ''))
  return leading ? t('masterdata.relation.treeDown', { tree }) : t('masterdata.relation.treeUp', { tree })
}

function Relations({ detail, day }: { detail: RecordDetail; day: string | undefined }) {
  const { t } = useTexts()
  const links = [...detail.links].sort((one, other) => Number(other.holds) - Number(one.holds))
  return (
    <section className="panel" aria-label={t('masterdata.relations')}>
      <div className="panel-head">
        <h2>{t('masterdata.relations')}</h2>
      </div>
      {links.length === 0 ? (
        <p className="panel-body quiet">{t('masterdata.nothing')}</p>
      ) : (
        <div className="table-wrap">
          <table className="table cards">
            <tbody>
              {links.map((link, place) => (
                <tr key={place} className={link.holds ? '' : 'link-past'}>
                  <td className="head">{relationName(t, link)}</td>
                  <td className="head">
                    <RecordLink kind={link.kind} record={link} day={day} /> <code>{link.code}</code> {link.role}
                  </td>
                  <td data-title={t('masterdata.from')}>
                    <Days from={link.valid_from} to={link.valid_to} />
                  </td>
                  <td data-title={t('common.state')}>
                    <Mark tone={link.holds ? 'good' : 'mute'} plain>
                      {link.holds ? t('masterdata.holds') : t('masterdata.notHolding')}
                    </Mark>
                  </td>
                  <td data-title={t('masterdata.said')} title={t('masterdata.said')}>
                    <Said position={link.said} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  )
}

function Names({ detail }: { detail: RecordDetail }) {
  const { t } = useTexts()
  return (
    <section className="panel" aria-label={t('masterdata.names')}>
      <div className="panel-head">
        <h2>{t('masterdata.names')}</h2>
      </div>
      <ul className="change-list">
        {detail.names.map((told) => (
          <li key={told.valid_from ?? ''}>
            <span className="row">
              <span className="num">{told.valid_from ?? t('masterdata.always')}</span>
              <strong>{told.name_zh || told.name_en}</strong>
              <span className="push">
                <Said position={told.said} />
              </span>
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}

function Lineage({ detail, day }: { detail: RecordDetail; day: string | undefined }) {
  const { t } = useTexts()
  if (detail.lineage.length === 0) return null
  return (
    <section className="panel" aria-label={t('masterdata.lineage')}>
      <div className="panel-head">
        <h2>{t('masterdata.lineage')}</h2>
      </div>
      <ul className="change-list">
        {detail.lineage.map((line) => (
          <li key={`${line.direction} ${line.code} ${line.on}`}>
            <span className="row">
              <span className="num">{line.on}</span>
              <span>{line.direction === 'from' ? t('masterdata.cameFrom') : t('masterdata.into')}</span>
              <RecordLink kind="organisation" record={line} day={day} />
              <code>{line.code}</code>
              <span className="quiet">{line.how === 'merge' ? t('masterdata.how.merge') : line.how === 'split' ? t('masterdata.how.split') : t('masterdata.how.replace')}</span>
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}

import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Drawer } from 'antd'
import type { ReactNode } from 'react'

import { Instant } from '@/components/Instant'
import { Purpose } from '@/components/purposes'
import { Failed, Loading } from '@/components/StatePage'
import { type ActRow, client, take } from '@/lib/api'
import { useTexts } from '@/lib/texts'

import { ResultMark, Who, Whose } from './screen'

const SHOWN = new Set(['operation', 'method', 'path', 'query', 'result', 'status', 'code', 'factors'])
const MESSAGE = /^\/api\/v1\/messages\/(\d{1,6}-\d{1,19})(?:\/|$)/

/** Everything that one act says. */
export function ActDetail({ position, close }: { position: string; close: () => void }) {
  const { t } = useTexts()
  const act = useQuery({
    queryKey: ['act', position],
    queryFn: () => take(client.GET('/api/v1/audit/{position}', { params: { path: { position } } })),
    staleTime: Infinity,
  })
  return (
    <Drawer open onClose={close} size={520} title={t('audit.detail', { position })}>
      {act.isPending ? <Loading rows={8} /> : act.isError ? <Failed error={act.error} retry={() => void act.refetch()} /> : <Facts act={act.data} />}
    </Drawer>
  )
}

function Facts({ act }: { act: ActRow }) {
  const { t } = useTexts()
  const said = act.facts
  const message = act.about ?? MESSAGE.exec(text(said['path']))?.[1]
  const others = Object.entries(said).filter(([name]) => !SHOWN.has(name))
  return (
    <dl className="facts">
      <Fact name={t('audit.at')}>
        <Instant at={act.at} />
      </Fact>
      <Fact name={t('audit.account')}>
        <Who row={act} />{' '}
        <Link to="/audit" search={{ account: act.actor }}>
          {t('audit.onlyAccount')}
        </Link>
      </Fact>
      <Fact name={t('audit.kind')}>
        <span className="mono">{act.kind}</span>
      </Fact>
      <Fact name={t('audit.result')}>
        <ResultMark result={act.result} /> <span className="mono">{text(said['code'])}</span>
      </Fact>
      <Fact name={t('audit.purpose')}>
        <Purpose code={act.purpose} />
      </Fact>
      <Fact name={t('audit.address')}>{act.address && <span className="mono">{act.address}</span>}</Fact>
      <Fact name={t('audit.channel')}>{act.channel}</Fact>
      <Fact name={t('audit.organisation')}>{act.organisation !== '' && <Whose row={act} />}</Fact>
      <Fact name={t('audit.patients')}>
        {act.patients.length > 0 && (
          <ul className="audit-patients">
            {act.patients.map((patient) => (
              <li key={patient}>
                <span className="mono">{patient}</span>{' '}
                <Link to="/audit" search={{ patient }}>
                  {t('audit.onlyPatient')}
                </Link>
              </li>
            ))}
          </ul>
        )}
      </Fact>
      <Fact name={t('audit.about')}>
        {message !== undefined && (
          <Link className="mono" to="/messages/$position" params={{ position: message }}>
            {message}
          </Link>
        )}
      </Fact>
      <Fact name={t('audit.request')}>{said['path'] ? <span className="mono">{`${text(said['method'])} ${text(said['path'])}`}</span> : null}</Fact>
      <Fact name={t('audit.query')}>{isFull(said['query']) ? <code className="mono">{text(said['query'])}</code> : null}</Fact>
      <Fact name={t('audit.status')}>{said['status'] ? <span className="num">{text(said['status'])}</span> : null}</Fact>
      <Fact name={t('audit.factors')}>{Array.isArray(said['factors']) && said['factors'].length > 0 ? said['factors'].map(text).join(' · ') : null}</Fact>
      <Fact name={t('audit.facts')}>{others.length > 0 && <code className="mono audit-facts">{JSON.stringify(Object.fromEntries(others), null, 1)}</code>}</Fact>
    </dl>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  if (children === null || children === undefined || children === '' || children === false) return null
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  )
}

const isFull = (value: unknown) => typeof value === 'object' && value !== null && Object.keys(value).length > 0

function text(value: unknown): string {
  if (typeof value === 'string') return value
  return value === undefined || value === null ? '' : JSON.stringify(value)
}

import '../indicators.css'
import './quality.css'

import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { useState } from 'react'

import { Instant } from '@/components/Instant'
import { Failed, Loading } from '@/components/StatePage'
import { client, type LineageAnswer, type LineageNode, take } from '@/lib/api'
import { useTexts } from '@/lib/texts'

import { useSaid } from '../parts'
import { connected } from './lines'

const STEPS = ['source', 'message', 'mapping', 'fact', 'indicator'] as const

/** Where does this number come from? */
export default function LineagePage() {
  const { code } = useParams({ from: '/quality/lineage/$code' })
  const found = useQuery({ queryKey: ['quality', 'lineage', code], queryFn: () => take(client.GET('/api/v1/quality/lineage/{code}', { params: { path: { code } } })), retry: false })
  if (found.isPending) return <Loading rows={12} />
  if (!found.data) return <Failed error={found.error} retry={() => void found.refetch()} />
  return <Drawn lineage={found.data} />
}

/** Five columns; whatever is pointed at shows what feeds it and what it feeds. */
function Drawn({ lineage }: { lineage: LineageAnswer }) {
  const { t } = useTexts()
  const said = useSaid()
  const [at, setAt] = useState<string | null>(null)
  const lit = at === null ? null : connected(lineage.edges, at)
  return (
    <div className="stack">
      <div className="page-head">
        <h1>
          {t('dataQuality.lineage')} · {said(lineage.name)}
        </h1>
        <code>{lineage.code}</code>
        <span className="push row">
          <Link to="/indicators/$code" params={{ code: lineage.code }}>
            {t('dataQuality.toRows')}
          </Link>
          <Link to="/indicators/desk/$code" params={{ code: lineage.code }}>
            {t('indicators.definition')}
          </Link>
        </span>
      </div>
      <p className="quiet">{t('dataQuality.lineageText')}</p>
      <div className="lineage" onMouseLeave={() => setAt(null)}>
        {STEPS.map((step) => (
          <section key={step} className="lineage-step" aria-label={t(`dataQuality.steps.${step}`)}>
            <h2>{t(`dataQuality.steps.${step}`)}</h2>
            <ul>
              {lineage.nodes
                .filter((node) => node.step === step)
                .map((node) => (
                  <li key={node.id} className={`lineage-node${lit === null ? '' : lit.has(node.id) ? ' lineage-lit' : ' lineage-dim'}`} onMouseEnter={() => setAt(node.id)} onFocus={() => setAt(node.id)}>
                    <Node node={node} feeds={feedsOf(lineage, node, said)} />
                  </li>
                ))}
            </ul>
          </section>
        ))}
      </div>
    </div>
  )
}

function feedsOf(lineage: LineageAnswer, node: LineageNode, said: (words: LineageNode['name']) => string): string[] {
  const fed = lineage.edges.filter(({ begin }) => begin === node.id).map(({ end }) => end)
  return lineage.nodes.filter(({ id }) => fed.includes(id)).map(({ name, about, step }) => (step === 'mapping' ? said(about) : said(name)))
}

function Node({ node, feeds }: { node: LineageNode; feeds: string[] }) {
  const { t } = useTexts()
  const said = useSaid()
  const name = said(node.name)
  return (
    <>
      {node.link === '' ? (
        <button type="button" className="lineage-name">
          {name}
        </button>
      ) : (
        <Link to={node.link} className="lineage-name">
          {name}
        </Link>
      )}
      <span className="lineage-about">{said(node.about)}</span>
      {node.rows !== null && node.rows !== undefined && <span className="num">{t('dataQuality.stepRows', { count: node.rows })}</span>}
      {node.newest && (
        <span className="quiet">
          {t('dataQuality.newestAt')} <Instant at={node.newest} relative={false} />
        </span>
      )}
      {feeds.length > 0 && (
        <span className="lineage-feeds">
          <span aria-hidden>→ </span>
          <span className="sr-only">{t('dataQuality.feeds')} </span>
          {feeds.join(t('common.comma'))}
        </span>
      )}
    </>
  )
}

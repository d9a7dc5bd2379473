import { Button, Input } from 'antd'
import { useMemo, useState } from 'react'

import type { Finding, TreeNode } from '@/lib/api'
import { useTexts } from '@/lib/texts'

import { matching, summary } from './search'

/** The fields with their names and values. A search shows what matches and what leads to it. */
export function Tree({ nodes, findings }: { nodes: TreeNode[]; findings: Finding[] }) {
  const { t } = useTexts()
  const [query, setQuery] = useState('')
  const [open, setOpen] = useState<boolean | null>(null)
  const shown = useMemo(() => matching(nodes, query), [nodes, query])
  const faulty = useMemo(() => new Map(findings.map((finding) => [finding.path, finding])), [findings])
  if (nodes.length === 0) return <p className="quiet">{t('trace.noTree')}</p>
  return (
    <div className="stack">
      <div className="row">
        <Input
          className="tree-search"
          allowClear
          value={query}
          aria-label={t('trace.treeSearch')}
          placeholder={t('trace.treeSearch')}
          onChange={(event) => setQuery(event.target.value)}
        />
        <Button size="small" onClick={() => setOpen(true)}>
          {t('trace.expandAll')}
        </Button>
        <Button size="small" onClick={() => setOpen(false)}>
          {t('trace.collapseAll')}
        </Button>
      </div>
      {shown.length === 0 ? (
        <p className="quiet">{t('trace.treeNone')}</p>
      ) : (
        // A new key lets every branch take the wanted state at once; after that each has its own.
        <ul className="tree" key={`${open} ${query !== ''}`}>
          {shown.map((node, place) => (
            <Branch key={`${node.path} ${place}`} node={node} depth={0} open={query !== '' ? true : open} faulty={faulty} />
          ))}
        </ul>
      )}
    </div>
  )
}

type BranchProps = { node: TreeNode; depth: number; open: boolean | null; faulty: ReadonlyMap<string, Finding> }

function Branch({ node, depth, open, faulty }: BranchProps) {
  const { language } = useTexts()
  const [shown, setShown] = useState(node.children.length > 0 && (open ?? depth === 0))
  // Parts of a field have a name only in the standard's own language.
  const name = (language === 'zh' && node.name_zh) || node.name_en
  const value = node.value ?? (shown ? null : summary(node))
  const finding = faulty.get(node.path)
  const line = (
    <>
      <code className="tree-path">{node.path}</code>
      {name !== '' && <span className="tree-name">{name}</span>}
      {value !== null && <span className={`tree-value${node.value === null ? ' quiet' : ''}`}>{value}</span>}
      {finding && <span className="tree-finding">{finding[language]}</span>}
    </>
  )
  if (node.children.length === 0) return <li className="tree-line">{line}</li>
  return (
    <li>
      <button type="button" className="tree-line tree-fold" aria-expanded={shown} onClick={() => setShown(!shown)}>
        {line}
      </button>
      {shown && (
        <ul>
          {node.children.map((child, place) => (
            <Branch key={`${child.path} ${place}`} node={child} depth={depth + 1} open={open} faulty={faulty} />
          ))}
        </ul>
      )}
    </li>
  )
}

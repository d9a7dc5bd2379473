import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Outlet, RouterProvider } from '@tanstack/react-router'
import { useEffect, useState } from 'react'

import { Failed, Loading } from '@/components/StatePage'
import { ApiFailure, client, type Problem, take } from '@/lib/api'
import { bear, EMBEDDED, launchedFromAddress, launchFromAddress, leaveFor, linkFromAddress } from '@/lib/embedding'
import { SessionContext } from '@/lib/session'
import { useTexts } from '@/lib/texts'

import { notePrint } from './Frame'
import { makeRouter } from './routes'

let opening: Promise<{ person: string }> | null = null

/** A link opens once, so it is asked once, however often this is rendered. */
function openLink(): Promise<{ person: string }> {
  opening ??= asked().then((opened) => {
    bear(opened.token)
    window.history.replaceState(null, '', `${EMBEDDED}/record/${opened.person}`)
    return opened
  })
  return opening
}

/** What opens the record: a link, or a launch of another system that has let its user in. */
async function asked() {
  const launch = launchFromAddress()
  if (launch) {
    leaveFor(await take(client.POST('/api/v1/record/launches', { body: launch })))
    return new Promise<never>(() => undefined) // this page is left
  }
  const launched = launchedFromAddress()
  if (launched) return take(client.POST('/api/v1/record/launches/finish', { body: launched }))
  return take(client.POST('/api/v1/record/links/open', { body: { link: linkFromAddress() } }))
}

/** One patient's record in the frame of another system, opened by a link. */
export function Embedded() {
  const queries = useQueryClient()
  const [ended, setEnded] = useState<unknown>(null)
  const opened = useQuery({
    queryKey: ['link'],
    queryFn: async () => {
      await openLink()
      return take(client.GET('/api/v1/session'))
    },
    staleTime: Infinity,
    retry: false,
  })
  useEffect(
    () =>
      queries.getQueryCache().subscribe((event) => {
        if (event.type !== 'updated' || event.action.type !== 'error') return
        const error: unknown = event.action.error
        if (hasEnded(error)) setEnded(error)
      }),
    [queries],
  )
  if (ended !== null) return <Closed error={ended} />
  if (opened.isPending) return <Loading rows={12} />
  if (!opened.data) return <Closed error={opened.error} />
  return (
    <SessionContext value={opened.data}>
      <Page />
    </SessionContext>
  )
}

function Page() {
  const [router] = useState(() => makeRouter({ basepath: EMBEDDED, frame: Bare }))
  return <RouterProvider router={router} />
}

/** Only the page: where one goes from it is for the system that holds it. */
function Bare() {
  useEffect(() => {
    window.addEventListener('beforeprint', notePrint)
    return () => window.removeEventListener('beforeprint', notePrint)
  }, [])
  return (
    <main id="page" className="page page-bare">
      <Outlet />
    </main>
  )
}

/** Why the record is not shown; what the server says in both languages: nobody has chosen one here. */
function Closed({ error }: { error: unknown }) {
  const { t } = useTexts()
  const problem = error instanceof ApiFailure ? error.problem : null
  if (hasEnded(error)) return <Words title={t('embedded.ended')} lines={[t('embedded.endedText')]} />
  return problem ? <Words title={`${problem.zh.what} / ${problem.en.what}`} lines={[told(problem.zh), told(problem.en), problem.code]} /> : <Failed error={error} />
}

/** Whether what opened the record lets nobody look any more; a refused launch never did. */
const hasEnded = (error: unknown): boolean => error instanceof ApiFailure && error.problem?.code === 'LY-1606'

const told = ({ why, next_step }: Problem['zh']): string => [why, next_step].filter(Boolean).join(' · ')

function Words({ title, lines }: { title: string; lines: string[] }) {
  return (
    <main className="state-page" role="alert">
      <h2>{title}</h2>
      {lines.map((line) => (
        <p key={line}>{line}</p>
      ))}
    </main>
  )
}

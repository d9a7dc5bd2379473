import { type QueryClient, useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useMemo, useRef, useState } from 'react'

import { client, type DecidedOnPersons, type IdentityQuestion, take } from '@/lib/api'
import { useTexts } from '@/lib/texts'

import { standing } from './align'
import type { Decision } from './keys'
import { pairOf, placeOf, queueOf } from './queue'

const PAGE = 50
/** So close to the end of what is loaded the next page is asked for. */
const AHEAD = 10
const QUESTIONS = ['identity', 'questions'] as const
const FRESH_MS = 60_000 // what was read is taken for true so long

type Key = { source: string; mrn: string }

/** What became of one decision of this sitting. */
export type Act = {
  number: number
  question: IdentityQuestion
  said: Decision
  reason: string
  state: 'sending' | 'done' | 'proposed' | 'refused' | 'failed' | 'undoing' | 'undoProposed' | 'undone'
  /** The oldest records of both: by them a link is taken back. */
  records: [Key, Key]
  persons: string[]
  error: unknown
}

/** The decision that can be undone next: the last that counts. */
export const undoable = (acts: readonly Act[]): Act | undefined =>
  acts.find(({ state }) => state === 'sending' || state === 'done' || state === 'proposed' || state === 'refused')

const detailOf = (person: string, other: string) => ({
  queryKey: ['identity', 'question', person, other],
  queryFn: () => take(client.GET('/api/v1/identity/questions/{person}/{other}', { params: { path: { person, other } } })),
  staleTime: FRESH_MS,
  retry: false,
})

/** The queue, the question that is looked at, and what was decided in this sitting. */
export function useBench() {
  const { t } = useTexts()
  const queries = useQueryClient()
  const [answered, setAnswered] = useState<ReadonlySet<string>>(new Set())
  const [skipped, setSkipped] = useState<readonly string[]>([])
  const [shown, setShown] = useState<string | null>(null)
  const before = useRef(0)
  const list = useInfiniteQuery({
    queryKey: QUESTIONS,
    queryFn: ({ pageParam }) => take(client.GET('/api/v1/identity/questions', { params: { query: { after: pageParam, limit: PAGE } } })),
    initialPageParam: '',
    getNextPageParam: (last) => (last.next === '' ? undefined : last.next),
    staleTime: FRESH_MS,
    // Others answer, too, and messages go on bringing questions.
    refetchInterval: FRESH_MS,
  })
  const questions = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data])
  const queue = useMemo(() => queueOf(questions, answered, skipped), [questions, answered, skipped])
  const place = placeOf(queue, shown, before.current)
  const question = queue[place]
  const pair = question ? pairOf(question) : null
  useEffect(() => {
    before.current = place
    setShown(pair)
  }, [pair, place])
  const detail = useQuery({ ...detailOf(question?.person.id ?? '', question?.other.id ?? ''), enabled: question !== undefined })
  useNextOnes(queries, queue, place, list)
  const hide = (one: string) => setAnswered((now) => new Set([...now, one]))
  const bring = (one: string) => setAnswered((now) => new Set([...now].filter((other) => other !== one)))
  const acts = useActs({ queries, hide, bring, show: setShown, undoReason: t('identity.undoReason') })
  return {
    list,
    queue,
    place,
    question,
    pair,
    detail,
    acts: acts.acts,
    total: (list.data?.pages[0]?.total ?? 0) - questions.filter((one) => answered.has(pairOf(one))).length,
    skipped,
    show: (at: number) => {
      const wanted = queue[Math.max(0, Math.min(at, queue.length - 1))]
      if (wanted) setShown(pairOf(wanted))
    },
    skip: () => {
      if (pair === null) return
      // What follows takes its place; the last one has nothing behind it.
      before.current = place
      const next = queue[place + 1] ?? queue[0]
      setSkipped((now) => [...now.filter((one) => one !== pair), pair])
      setShown(next ? pairOf(next) : null)
    },
    decide: (said: Decision, reason: string) => {
      if (!question || !detail.data) return
      const [mine, others] = [standing(detail.data.person)[0], standing(detail.data.other)[0]]
      if (mine && others) acts.decide(question, said, reason, [mine, others])
    },
    undo: acts.undo,
  }
}

/** Fetch what will be looked at next before it is asked for. */
function useNextOnes(
  queries: QueryClient,
  queue: readonly IdentityQuestion[],
  place: number,
  list: { hasNextPage: boolean; isFetching: boolean; fetchNextPage: () => unknown },
) {
  const next = queue[place + 1]
  const [person, other] = [next?.person.id, next?.other.id]
  useEffect(() => {
    if (person !== undefined && other !== undefined) void queries.prefetchQuery(detailOf(person, other))
  }, [queries, person, other])
  const { hasNextPage, isFetching, fetchNextPage } = list
  const short = queue.length - place < AHEAD
  useEffect(() => {
    if (short && hasNextPage && !isFetching) void fetchNextPage()
  }, [short, hasNextPage, isFetching, fetchNextPage])
}

type Acting = {
  queries: QueryClient
  hide: (pair: string) => void
  bring: (pair: string) => void
  show: (pair: string) => void
  undoReason: string
}

/** Decisions: shown as done at once, told to the server meanwhile, brought back when it refuses. */
function useActs({ queries, hide, bring, show, undoReason }: Acting) {
  const [acts, setActs] = useState<readonly Act[]>([])
  const sent = useRef(new Map<number, Promise<DecidedOnPersons | null>>())
  const numbers = useRef(0)
  const change = (number: number, part: Partial<Act>) =>
    setActs((now) => now.map((act) => (act.number === number ? { ...act, ...part } : act)))
  const renew = async (persons: readonly string[]) => {
    await queries.invalidateQueries({
      predicate: ({ queryKey: [slice, kind, ...ids] }) =>
        slice === 'identity' && (kind === 'questions' || kind === 'proposed' || ids.some((id) => typeof id === 'string' && persons.includes(id))),
    })
  }
  const told = async (act: Act): Promise<DecidedOnPersons | null> => {
    const { question, said, reason } = act
    const pair = pairOf(question)
    try {
      const body = { said, person: question.person.id, other: question.other.id, reason }
      const answer = await take(client.POST('/api/v1/identity/decisions', { body }))
      const state = answer.proposed ? 'proposed' : answer.refused ? 'refused' : 'done'
      change(act.number, { state, persons: answer.persons })
      await renew([question.person.id, question.other.id, ...answer.persons])
      // Of what was proposed the question stays, but in this sitting it was answered.
      if (!answer.proposed) bring(pair)
      return answer
    } catch (error) {
      change(act.number, { state: 'failed', error })
      bring(pair)
      // It may be no question any more: what there is to decide is asked anew.
      void renew([question.person.id, question.other.id])
      return null
    }
  }
  const decide = (question: IdentityQuestion, said: Decision, reason: string, records: [Key, Key]) => {
    numbers.current += 1
    const act: Act = { number: numbers.current, question, said, reason, state: 'sending', records, persons: [], error: null }
    setActs((now) => [act, ...now])
    hide(pairOf(question))
    sent.current.set(act.number, told(act))
  }
  const undo = async () => {
    const act = undoable(acts)
    if (!act) return
    change(act.number, { state: 'undoing', error: null })
    const answer = await sent.current.get(act.number)
    if (!answer) return
    change(act.number, { state: 'undoing' })
    const pair = pairOf(act.question)
    try {
      const undone = answer.proposed ? await withdrawn(answer, undoReason) : await taken(act, undoReason)
      await renew([act.question.person.id, act.question.other.id, ...act.persons, ...undone.persons])
      bring(pair)
      show(pair)
      change(act.number, { state: undone.proposed ? 'undoProposed' : 'undone' })
    } catch (error) {
      change(act.number, { state: answer.proposed ? 'proposed' : 'done', error })
    }
  }
  return { acts, decide, undo }
}

/** Withdraw what was only proposed: nobody has changed. */
async function withdrawn({ position }: DecidedOnPersons, reason: string): Promise<{ persons: string[]; proposed: boolean }> {
  await take(client.POST('/api/v1/identity/decisions/proposed/{position}/declined', { params: { path: { position } }, body: { reason } }))
  return { persons: [], proposed: false }
}

/** Take a decision back: a link by the records that it joined, a never-link by the persons that it parted. */
function taken({ said, question, records: [record, other] }: Act, reason: string): Promise<DecidedOnPersons> {
  const plain = ({ source, mrn }: Key) => ({ source, mrn })
  if (said === 'link')
    return take(client.POST('/api/v1/identity/decisions/taken-back', { body: { record: plain(record), other: plain(other), reason } }))
  return take(
    client.POST('/api/v1/identity/decisions', {
      body: { said: 'undecided', person: question.person.id, other: question.other.id, reason },
    }),
  )
}

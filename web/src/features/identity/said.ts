/** What was decided, in a word. */

import type { Tone } from '@/components/StateMark'
import type { ProposedDecision } from '@/lib/api'
import type { Translate } from '@/lib/texts'

export function saidWords(t: Translate, said: string): { tone: Tone; words: string } {
  if (said === 'link') return { tone: 'good', words: t('identity.link') }
  if (said === 'never-link') return { tone: 'bad', words: t('identity.never') }
  if (said === 'replacement-undone') return { tone: 'mute', words: t('identity.second.undone') }
  return { tone: 'mute', words: t('identity.undecided') }
}

/** The same of what is only proposed: to keep apart what is one person is to split her. */
export function proposedWords(t: Translate, { said, away, persons }: ProposedDecision): { tone: Tone; words: string } {
  if (said === 'never-link' && away.length > 0 && persons.length === 1) return { tone: 'bad', words: t('identity.second.split') }
  return saidWords(t, said)
}

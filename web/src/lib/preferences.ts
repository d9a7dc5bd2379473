/** What one person likes on one machine: language and shade. */

import type { Language } from './texts'
import type { Shade } from './theme'

function read(name: string): string | null {
  try {
    return localStorage.getItem(`lianyi.${name}`)
  } catch {
    return null // storage is switched off on some hospital PCs
  }
}

function write(name: string, value: string): void {
  try {
    localStorage.setItem(`lianyi.${name}`, value)
  } catch {
    // Then the preference lasts until the page is closed.
  }
}

export function preferredLanguage(): Language {
  return read('language') === 'en' ? 'en' : 'zh'
}

export function preferredShade(): Shade {
  const kept = read('shade')
  if (kept === 'light' || kept === 'dark') return kept
  return window.matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
}

export const keepLanguage = (language: Language) => write('language', language)
export const keepShade = (shade: Shade) => write('shade', shade)

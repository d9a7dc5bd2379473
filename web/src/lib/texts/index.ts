/** The catalogue of texts and the language in force. Chinese is the default. */

import i18next from 'i18next'
import { initReactI18next, useTranslation } from 'react-i18next'

import { en } from './en'
import { zh } from './zh'

export type Language = 'zh' | 'en'

type Widen<T> = { [K in keyof T]: T[K] extends string ? string : Widen<T[K]> }
/** The shape that every language must fill. */
export type Texts = Widen<typeof zh>

declare module 'i18next' {
  interface CustomTypeOptions {
    resources: { translation: typeof zh }
    defaultNS: 'translation'
  }
}

export async function startTexts(language: Language): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: language,
    resources: { zh: { translation: zh }, en: { translation: en } },
    interpolation: { escapeValue: false }, // React escapes; nothing here is ever HTML
  })
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
}

export async function speak(language: Language): Promise<void> {
  await i18next.changeLanguage(language)
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
}

/** The translator and the language of the component that asks. */
export function useTexts() {
  const { t, i18n } = useTranslation()
  return { t, language: (i18n.language === 'en' ? 'en' : 'zh') as Language }
}

export type Translate = ReturnType<typeof useTexts>['t']

/** The palette of the console, once: read by our style sheets as variables and by antd as tokens. */

import { theme as antd, type ThemeConfig } from 'antd'

export type Shade = 'light' | 'dark'

const palettes = {
  light: {
    ground: '#f3f5f8',
    panel: '#ffffff',
    sunken: '#f7f8fa',
    line: '#dfe3ea',
    line2: '#eceff3',
    ink: '#1a2230',
    ink2: '#4e5a6b',
    ink3: '#66717f',
    accent: '#23508e',
    accentSoft: '#e8eff9',
    good: '#1b7a4b',
    goodSoft: '#e4f4ea',
    warn: '#8f5a00',
    warnSoft: '#fdf1d8',
    bad: '#b3261e',
    badSoft: '#fce9e7',
    mute: '#66717f',
    muteSoft: '#eceff3',
    mark: '#fff0b8',
  },
  dark: {
    ground: '#0f141b',
    panel: '#171e27',
    sunken: '#131a22',
    line: '#2b3542',
    line2: '#222b36',
    ink: '#e4e9f0',
    ink2: '#aab4c2',
    ink3: '#8793a3',
    accent: '#7fabeb',
    accentSoft: '#1d2c43',
    good: '#5cc48a',
    goodSoft: '#14301f',
    warn: '#e3ac4b',
    warnSoft: '#352811',
    bad: '#f28b82',
    badSoft: '#3c1a18',
    mute: '#8793a3',
    muteSoft: '#222b36',
    mark: '#4a3d0c',
  },
} as const

const SANS =
  "-apple-system, 'Segoe UI', 'PingFang SC', 'Microsoft YaHei UI', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans SC', sans-serif"
const MONO =
  "ui-monospace, 'Cascadia Mono', 'SF Mono', Consolas, 'Liberation Mono', 'Noto Sans Mono CJK SC', monospace"

/** Write the palette of one shade to the root element, where the style sheets read it. */
export function paint(shade: Shade): void {
  const root = document.documentElement
  root.dataset['shade'] = shade
  root.style.colorScheme = shade
  for (const [name, colour] of Object.entries(palettes[shade]))
    root.style.setProperty(`--${name}`, colour)
  root.style.setProperty('--sans', SANS)
  root.style.setProperty('--mono', MONO)
}

/** The same palette as antd wants it. */
export function antdTheme(shade: Shade): ThemeConfig {
  const palette = palettes[shade]
  return {
    algorithm: shade === 'dark' ? antd.darkAlgorithm : antd.defaultAlgorithm,
    token: {
      colorPrimary: shade === 'dark' ? '#5b8fdc' : palette.accent,
      colorLink: palette.accent,
      colorSuccess: palette.good,
      colorWarning: palette.warn,
      colorError: palette.bad,
      colorBgLayout: palette.ground,
      colorBgContainer: palette.panel,
      colorBgElevated: palette.panel,
      colorBorder: palette.line,
      colorBorderSecondary: palette.line2,
      colorText: palette.ink,
      colorTextSecondary: palette.ink2,
      colorTextTertiary: palette.ink3,
      colorTextPlaceholder: palette.ink3,
      fontFamily: SANS,
      fontFamilyCode: MONO,
      fontSize: 13,
      controlHeight: 30,
      borderRadius: 5,
      wireframe: false,
      motionDurationMid: '0.12s',
      motionDurationSlow: '0.16s',
      boxShadowSecondary: '0 6px 24px rgba(10, 20, 40, 0.16)',
    },
    components: {
      Button: { primaryShadow: 'none', defaultShadow: 'none', dangerShadow: 'none' },
      Tabs: { horizontalItemPadding: '8px 0', titleFontSize: 13, horizontalMargin: '0' },
    },
  }
}

import 'antd/dist/reset.css'
import './app/base.css'
import './app/frame.css'

import { createRoot } from 'react-dom/client'

import { App } from './app/App'
import { preferredLanguage, preferredShade } from './lib/preferences'
import { startTexts } from './lib/texts'
import { paint } from './lib/theme'

paint(preferredShade())
await startTexts(preferredLanguage())
const root = document.getElementById('root')
if (root) createRoot(root).render(<App />)

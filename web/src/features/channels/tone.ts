export const channelTone = { running: 'good', stopped: 'mute', faulty: 'bad' } as const

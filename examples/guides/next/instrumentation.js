// guide: instrumentation
export async function register() {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return
  const { llmobs } = await import('spanlane')
  llmobs.init({ mlApp: 'support-bot', drainOnSignals: ['SIGTERM'] })
}
// end

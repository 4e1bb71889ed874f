import { render } from 'preact'
import { isLocked } from './access'
import { Empty, Footer, Header, Help, Locked, setTheme, storedTheme, Tabs } from './frame'
import { followKeys } from './keys'
import { TenantList } from './left'
import { TraceList } from './middle'
import { Proof } from './proof'
import { Requests } from './requests'
import { followHistory, route } from './route'
import { connect, followRoute, lanes, overall } from './state'
import { TraceView } from './trace'

function Page() {
  const { tab, trace } = route.value
  const isEmpty = overall.value !== null && lanes.value.length === 0
  return (
    <>
      <Header />
      {isLocked.value ? (
        <Locked />
      ) : isEmpty ? (
        <Empty />
      ) : (
        <div class="body">
          <TenantList />
          <main class={`at-${tab}`}>
            <div class="middle">
              <Tabs />
              {tab === 'traces' && <TraceList />}
              {tab === 'requests' && <Requests />}
              {tab === 'proof' && <Proof />}
            </div>
            {tab === 'traces' && <div class="right">{trace === '' ? <Proof /> : <TraceView />}</div>}
          </main>
        </div>
      )}
      <Footer />
      <Help />
    </>
  )
}

setTheme(storedTheme())
followHistory()
followKeys()
followRoute()
connect()
render(<Page />, document.body)

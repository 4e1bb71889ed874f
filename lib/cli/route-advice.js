'use strict'

/** @typedef {import('../../index').RouteVerification} RouteVerification */

const OURS = 'nothing: the fault lies between this machine and Datadog'

/**
 * What a refused key or an unreachable site means: for whoever runs the platform, and for its customer.
 *
 * @param {RouteVerification} verification that is not ok
 * @param {string} site
 * @returns {{ cure: string, customer: string }}
 */
function adviceFor({ reason, status }, site) {
  if (reason === 'key_refused') {
    return {
      cure: 'ask for a key of this site; a key of another site is refused here, too',
      customer:
        `Datadog refused your API key at ${site}. A key belongs to one site: see the address of your Datadog ` +
        `(app.${site} or similar), and make a new key there under Organization Settings, API Keys.`
    }
  }
  if (reason === 'dns_error') {
    return { cure: `check the name of the site, the resolver of this machine, and the proxy`, customer: OURS }
  }
  if (reason?.startsWith('tls_')) {
    return {
      cure: 'check who answers in place of Datadog: a proxy that opens TLS needs its certificate in NODE_EXTRA_CA_CERTS',
      customer: OURS
    }
  }
  if (reason?.startsWith('proxy_')) {
    return {
      cure: 'check user and password of the proxy, and let it pass CONNECT to the site',
      customer: OURS
    }
  }
  if (status !== null && (status === 429 || status >= 500)) {
    return {
      cure: 'try again later: the site answers, and not now',
      customer: 'nothing yet: the key was not looked at'
    }
  }
  return {
    cure: 'check the way to the site: firewall, proxy, intakeUrl (SPANLANE_INTAKE_URL)',
    customer: OURS
  }
}

/** @param {RouteVerification} verification */
function answerText({ reason, status }) {
  return [reason ?? 'no reason', status === null ? 'no answer' : `status ${status}`].join(', ')
}

module.exports = { adviceFor, answerText }

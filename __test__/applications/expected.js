'use strict'

// The applications, and what of each arrives at its two tenants: spans, named by those above them (`!`: failed), and how
// many there are.

/** @type {Record<string, { args: string[], arrives: Record<string, Record<string, number>> }>} */
module.exports = {
  'express and openai': {
    args: ['express-openai.js'],
    arrives: {
      acme: {
        guard: 8,
        'guard > chat > write': 28,
        'guard > chat > model': 6,
        'guard > chat': 6,
        'guard > model at once': 1,
        'guard > chat > model!': 1,
        'guard > chat!': 1
      },
      globex: {
        guard: 8,
        'guard > chat > write': 25,
        'guard > chat > model': 5,
        'guard > chat': 5,
        'guard > model': 1,
        'guard > broken!': 1
      }
    }
  },
  nest: {
    args: ['nest.js'],
    arrives: {
      acme: {
        'above > model': 1,
        above: 1,
        'between > model': 1,
        between: 1
      },
      globex: {
        'below > model': 1,
        below: 1,
        'fails!': 1
      }
    }
  },
  hono: {
    args: ['hono.mjs'],
    arrives: {
      acme: {
        json: 1,
        'body > model > token': 6,
        'body > model': 2,
        body: 2,
        'stream > model > token': 3,
        'stream > model': 1,
        stream: 1,
        'sse > model > token': 3,
        'sse > model': 1,
        sse: 1,
        'clone > model > token': 3,
        'clone > model': 1,
        clone: 1,
        'fails!': 1
      },
      globex: {
        json: 1,
        'body > model > token': 3,
        'body > model': 1,
        body: 1,
        'stream > model > token': 3,
        'stream > model': 1,
        stream: 1,
        'sse > model > token': 3,
        'sse > model': 1,
        sse: 1,
        'clone > model > token': 3,
        'clone > model': 1,
        clone: 1,
        'fails!': 1
      }
    }
  },
  next: {
    args: ['next-routes.js'],
    arrives: {
      acme: {
        GET: 1,
        'POST > model > chunk': 4,
        'POST > model': 1,
        POST: 1,
        PUT: 1
      },
      globex: {
        GET: 1,
        'POST > model > chunk': 4,
        'POST > model': 2,
        POST: 2
      }
    }
  },
  langchain: {
    args: ['langchain.mjs'],
    arrives: {
      acme: {
        'invoke > tool': 1,
        'invoke > after': 1,
        invoke: 1,
        'stream > tool': 1,
        stream: 1,
        'events > tool': 1,
        events: 1,
        'wrapped > tool': 1,
        wrapped: 1,
        'divided > tool': 1,
        divided: 1
      },
      globex: {
        'invoke > tool': 1,
        'invoke > after': 1,
        invoke: 1,
        reader: 1,
        'batch > tool': 3,
        batch: 1
      }
    }
  },
  'ai sdk': {
    args: ['ai-sdk.mjs'],
    arrives: {
      acme: {
        'generate > model': 1,
        generate: 1,
        stream: 1,
        'stream > model': 1,
        'stream > pull': 7,
        reader: 1
      },
      globex: {
        reader: 1,
        'its stream > model': 1,
        'its stream > pull': 7,
        'its stream': 1,
        'response > model': 1,
        'response > pull': 7,
        response: 1
      }
    }
  },
  mongoose: {
    args: ['mongoose.js'],
    arrives: {
      acme: {
        'orders > before find': 2,
        'orders > driver': 2,
        'orders > after find': 2,
        orders: 2,
        'order > driver': 2,
        order: 1,
        'cursor > before find': 1,
        'cursor > driver': 1,
        'cursor > after find': 3,
        cursor: 1,
        'order!': 1
      },
      globex: {
        'own work': 1,
        'orders > before find': 1,
        'orders > driver': 1,
        'orders > after find': 1,
        orders: 1,
        'order > driver': 2,
        'order!': 2
      }
    }
  },
  knex: {
    args: ['knex.js'],
    arrives: {
      acme: {
        'orders > query': 3,
        orders: 2,
        'count > query': 1,
        count: 1,
        'wrong > query': 1,
        'wrong!': 1,
        'shared > query': 25,
        shared: 25,
        'transaction > query': 3,
        'transaction > in it': 1,
        transaction: 1
      },
      globex: {
        'orders > query': 3,
        orders: 3,
        'shared > query': 25,
        shared: 25,
        query: 1
      }
    }
  },
  'bluebird before': {
    args: ['global-promise.js', 'bluebird', 'before'],
    arrives: {
      acme: {
        'request > inner': 1,
        'request > after': 1,
        request: 1,
        made: 1,
        tapped: 1,
        wrapped: 1,
        'generator > in generator': 1,
        generator: 1,
        callback: 1
      },
      globex: {
        'request > inner': 1,
        'request > after': 1,
        request: 1,
        mapped: 1,
        'fails!': 1,
        'unhandled too!': 1,
        'unhandled!': 1
      }
    }
  },
  'bluebird after': {
    args: ['global-promise.js', 'bluebird', 'after'],
    arrives: {
      acme: {
        'request > inner': 1,
        'request > after': 1,
        request: 1,
        made: 1,
        tapped: 1,
        wrapped: 1,
        'generator > in generator': 1,
        generator: 1,
        callback: 1
      },
      globex: {
        'request > inner': 1,
        'request > after': 1,
        request: 1,
        mapped: 1,
        'fails!': 1,
        'unhandled too!': 1,
        'unhandled!': 1
      }
    }
  },
  'zone.js before': {
    args: ['global-promise.js', 'zone.js', 'before'],
    arrives: {
      acme: {
        'request > inner': 1,
        'request > after': 1,
        request: 1,
        made: 1,
        wrapped: 1,
        'generator > in generator': 1,
        generator: 1,
        callback: 1
      },
      globex: {
        'request > inner': 1,
        'request > after': 1,
        request: 1,
        'fails!': 1,
        'unhandled!': 1,
        'unhandled too!': 1
      }
    }
  },
  'zone.js after': {
    args: ['global-promise.js', 'zone.js', 'after'],
    arrives: {
      acme: {
        'request > inner': 1,
        'request > after': 1,
        request: 1,
        made: 1,
        wrapped: 1,
        'generator > in generator': 1,
        generator: 1,
        callback: 1
      },
      globex: {
        'request > inner': 1,
        'request > after': 1,
        request: 1,
        'fails!': 1,
        'unhandled!': 1,
        'unhandled too!': 1
      }
    }
  },
  jsdom: {
    args: [
      'node_modules/jest/bin/jest.js',
      '--config',
      '{"testEnvironment":"jsdom","testMatch":["**/jsdom-spec.js"],"testPathIgnorePatterns":[],"haste":{"retainAllFiles":true}}',
      '--silent'
    ],
    arrives: {
      acme: {
        'work > inner': 1,
        work: 1,
        mock: 1
      },
      globex: {
        'aborted!': 1,
        late: 1,
        'in false time': 1
      }
    }
  },
  'execa 5': {
    args: ['execa.mjs', '5'],
    arrives: {
      acme: {
        command: 1,
        'before the signal': 1
      },
      globex: {
        child: 1,
        'failing!': 1
      }
    }
  },
  'execa 9': {
    args: ['execa.mjs', '9'],
    arrives: {
      acme: {
        command: 1,
        'before the signal': 1
      },
      globex: {
        child: 1,
        'failing!': 1
      }
    }
  },
  piscina: {
    args: ['piscina.js'],
    arrives: {
      acme: {
        'request > job > step': 10,
        'request > job': 10,
        request: 10,
        'failing!': 1,
        'failing > job!': 1
      },
      globex: {
        'request > job > step': 10,
        'request > job': 10,
        request: 10
      }
    }
  },
  'queue between processes': {
    args: ['queue.js'],
    arrives: {
      acme: {
        'request > job > step': 10,
        'request > job': 10,
        request: 10
      },
      globex: {
        'request > job > step': 10,
        'request > job': 10,
        request: 10
      }
    }
  }
}

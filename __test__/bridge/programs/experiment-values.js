'use strict'

/** Content of experiments, by name. What is empty is content, too. */
module.exports = {
  'an empty list': [],
  null: null,
  'an empty object': {},
  'an empty text': '',
  zero: 0,
  false: false,
  'a list of null': [null],
  'an object': { question: 'q', list: [[], null, {}] }
}

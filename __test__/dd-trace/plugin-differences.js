'use strict'

/**
 * Every difference between what dd-trace's plugins say of a call and what Spanlane says of the same. docs/instrumentation.md
 * has a row for each, word for word; a comparison of both finds these and no other.
 */

/** @typedef {import('./beside-plugin').Row} Row */

/**
 * @typedef {object} Difference
 * @property {string} field as in the first column of the document
 * @property {string} theirs
 * @property {string} ours
 * @property {string[]} libraries
 * @property {RegExp} path
 * @property {(row: Row) => boolean} [isIt] where the path alone does not tell
 */

const CLIENTS = ['openai', 'anthropic']
const AGENTS = ['openai-agents']
const isMissing = (/** @type {Row} */ { ddTrace }) => ddTrace === undefined

/** @type {Difference[]} */
const PLUGIN_DIFFERENCES = [
  {
    field: 'finish reasons',
    theirs: 'none',
    ours: '`metadata.finish_reasons`',
    libraries: [...CLIENTS, 'ai'],
    path: /^meta\.metadata\.finish_reasons\./,
    isIt: isMissing
  },
  {
    field: 'time to the first token of a stream',
    theirs: 'none',
    ours: '`metrics.time_to_first_token`, in seconds',
    libraries: [...CLIENTS, 'ai'],
    path: /^metrics\.time_to_first_token$/,
    isIt: isMissing
  },
  {
    field: 'tools that the model was offered',
    theirs: 'none',
    ours: '`tool_definitions`',
    libraries: CLIENTS,
    path: /^meta\.tool_definitions\./,
    isIt: isMissing
  },
  {
    field: 'calls and results of tools in the messages that `chat.completions` is given',
    theirs: 'calls are left out, a result is the text of its message',
    ours: '`tool_calls` and `tool_results`, with their ids',
    libraries: ['openai'],
    path: /^meta\.input\.messages\.\d+\.(tool_calls|tool_results|content)/,
    isIt: ({ call, path, ddTrace, spanlane }) =>
      call.startsWith('chat') && (path.endsWith('content') ? spanlane === undefined : ddTrace === undefined)
  },
  {
    field: 'a picture in a message, inline',
    theirs: '`[image]`',
    ours: '`[image]`, and `image_parts`',
    libraries: ['openai'],
    path: /^meta\.input\.messages\.\d+\.image_parts\./,
    isIt: isMissing
  },
  {
    field: 'content of a message that only calls tools, or has their results',
    theirs: 'an empty text',
    ours: 'none',
    libraries: CLIENTS,
    path: /^meta\.(in|out)put\.messages\.\d+\.content$/,
    isIt: ({ ddTrace, spanlane }) => ddTrace === '' && spanlane === undefined
  },
  {
    field: 'type of a tool call, and of a result',
    theirs: 'the word of each API: `function`, `function_call`, `tool_use`, `function_call_output`',
    ours: '`function` and `tool_result` for all',
    libraries: CLIENTS,
    path: /^meta\.(in|out)put\.messages\.\d+\.tool_(calls|results)\.\d+\.type$/
  },
  {
    field: 'role of the message with a tool’s result, Responses',
    theirs: '`user`',
    ours: '`tool`',
    libraries: ['openai'],
    path: /^meta\.input\.messages\.\d+\.role$/,
    isIt: ({ spanlane }) => spanlane === 'tool'
  },
  {
    field: 'thoughts of a model, Responses',
    theirs: 'JSON of the summary, an id and what is encrypted',
    ours: 'the text of the summary',
    libraries: ['openai'],
    path: /^meta\.output\.messages\.\d+\.content$/,
    isIt: ({ ddTrace }) => String(ddTrace).startsWith('{"summary"')
  },
  {
    field: 'prompt that is kept at OpenAI',
    theirs: '`prompt` only where the answer has it, with its instructions as the template',
    ours: '`prompt` with id, version and variables, as asked for',
    libraries: ['openai'],
    path: /^meta\.input\.prompt\./,
    isIt: isMissing
  },
  {
    field: 'output of a call that failed before anything came',
    theirs: 'an empty message',
    ours: 'none',
    libraries: ['openai'],
    path: /^meta\.output\.messages\.0\.(role|content)$/,
    isIt: ({ call, ddTrace }) => call.includes('refused') && ddTrace === ''
  },
  {
    field: 'type of an error of OpenAI',
    theirs: 'what the API calls it',
    ours: 'its class; what the API calls it is `metadata.error_code`',
    libraries: ['openai'],
    path: /^meta\.error\.type$/
  },
  {
    field: 'status of an error',
    theirs: 'in its message',
    ours: '`metadata.status_code`, `error_code`, `request_id`, too',
    libraries: CLIENTS,
    path: /^meta\.metadata\.(status_code|error_code)$/,
    isIt: isMissing
  },
  {
    field: 'counts of tokens that were not told',
    theirs: '0',
    ours: 'none',
    libraries: ['openai', 'langchain'],
    path: /^metrics\.(\w+_)?tokens$/,
    isIt: ({ ddTrace, spanlane }) => ddTrace === 0 && spanlane === undefined
  },
  {
    field: 'parts of a message, Anthropic',
    theirs: 'a message for each',
    ours: 'one message with its text and its calls; thoughts before it',
    libraries: ['anthropic'],
    path: /^meta\.output\.messages\.[12]\.(role|content|tool_calls)/
  },
  {
    field: 'model, Anthropic',
    theirs: 'as asked for',
    ours: 'as answered',
    libraries: ['anthropic'],
    path: /^meta\.model_name$/
  },
  {
    field: 'settings, Anthropic',
    theirs: '`max_tokens`, `stop_sequences`, `temperature`, `top_k`, `top_p`',
    ours: '`stream`, `thinking`, `tool_choice`, `service_tier`, `metadata` and `output_config`, too',
    libraries: ['anthropic'],
    path: /^meta\.metadata\.stream$/,
    isIt: isMissing
  },
  {
    field: 'runs of LangChain that are spans',
    theirs: 'sequences, models, retrievers, tools',
    ours: 'prompts, parsers and functions, too',
    libraries: ['langchain'],
    path: /./,
    isIt: ({ call, ddTrace }) => /> (task|workflow)$/.test(call) && ddTrace === undefined
  },
  {
    field: 'names of runs of LangChain',
    theirs: 'with the module before the class',
    ours: 'the class, or `runName`',
    libraries: ['langchain'],
    path: /^name$/
  },
  {
    field: 'model provider, LangChain',
    theirs: 'from the name of the class',
    ours: 'as LangChain says (`ls_provider`)',
    libraries: ['langchain'],
    path: /^meta\.model_provider$/
  },
  {
    field: 'metadata of a run of LangChain',
    theirs: 'temperature and limit of tokens',
    ours: 'what the run was given, and settings of the model',
    libraries: ['langchain'],
    path: /^meta\.metadata\./,
    isIt: isMissing
  },
  {
    field:
      'further attributes of the AI SDK: settings, ids and times of the answer, usage of a whole workflow',
    theirs: 'none',
    ours: '`metadata`',
    libraries: ['ai'],
    path: /^meta\.metadata\./,
    isIt: isMissing
  },
  {
    field: 'tokens of thoughts, and of input outside a cache, AI SDK',
    theirs: 'none',
    ours: '`metrics.reasoning_output_tokens`, `non_cached_input_tokens`',
    libraries: ['ai'],
    path: /^metrics\.(reasoning_output|non_cached_input)_tokens$/,
    isIt: isMissing
  },
  {
    field: 'calls of the client in a run of the Agents SDK',
    theirs: 'a span of the plugin for `openai`, too, with the same tokens',
    ours: 'none beside the `llm` span of the run',
    libraries: AGENTS,
    path: /./,
    isIt: ({ call, spanlane }) => /: llm( again)?$/.test(call) && spanlane === undefined
  },
  {
    field: 'names of calls of a model, Agents SDK',
    theirs: '`<agent> (LLM)`',
    ours: '`generation` or `response`, as the SDK calls them',
    libraries: AGENTS,
    path: /^name$/,
    isIt: ({ call }) => /> llm/.test(call)
  },
  {
    field: 'input, output and manifest of an agent, Agents SDK',
    theirs: 'none',
    ours: 'its first question and last answer, its instructions',
    libraries: AGENTS,
    path: /^meta\.(input\.value|output\.value|metadata\._dd\.agent_manifest\.\w+)$/,
    isIt: isMissing
  },
  {
    field: 'model, and what the answer says of itself, Agents SDK by chat completions',
    theirs: 'as asked for; none',
    ours: 'as answered; `metadata.response_id`, `finish_reasons`, cached tokens',
    libraries: AGENTS,
    path: /^(meta\.model_name|meta\.metadata\.(response_id|finish_reasons\.\d+)|metrics\.cache_read_input_tokens)$/,
    isIt: ({ call }) => /> llm/.test(call)
  },
  {
    field: 'messages that call a tool or have its result, Agents SDK',
    theirs: 'an empty text; `content` and `tool_id`',
    ours: 'no text; `tool_results`',
    libraries: AGENTS,
    path: /^meta\.(input|output)\.messages\.\d+\.(content|role|tool_id|tool_results\.\d+\.\w+)$/,
    isIt: ({ call }) => /> llm/.test(call)
  },
  {
    field: 'errors of a run of the Agents SDK',
    theirs: '`AgentsCoreError`, for the agent with JSON of the message',
    ours: 'the class and the message of what was thrown',
    libraries: AGENTS,
    path: /^meta\.error\.(type|message)$/,
    isIt: ({ call }) => call.includes('refused')
  }
]

/**
 * @param {string} library
 * @param {Row} row
 * @returns {Difference[]} those that it shows
 */
function differencesShownBy(library, row) {
  return PLUGIN_DIFFERENCES.filter(
    ({ libraries, path, isIt }) =>
      libraries.includes(library) && path.test(row.path) && (isIt === undefined || isIt(row))
  )
}

module.exports = { PLUGIN_DIFFERENCES, differencesShownBy }

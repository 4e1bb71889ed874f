import 'reflect-metadata'
import { Readable } from 'node:stream'
import { ask, askStreamed, routeOf } from '../platform'

// guide: answers
import { Controller, Get, Injectable, Module, Query, StreamableFile } from '@nestjs/common'
import { llmobs } from 'spanlane'

@Injectable()
class Answers {
  @llmobs.decorate({ kind: 'workflow', name: 'answer' })
  answer(question: string): Promise<string> {
    return ask(question)
  }

  @llmobs.decorate({ kind: 'workflow', name: 'answer' })
  async *answerStreamed(question: string): AsyncGenerator<string> {
    yield* askStreamed(question)
  }
}

@Controller()
class Questions {
  constructor(private readonly answers: Answers) {}

  @Get('ask')
  ask(@Query('question') question: string) {
    return this.answers.answer(question)
  }

  @Get('stream')
  stream(@Query('question') question: string) {
    return new StreamableFile(Readable.from(this.answers.answerStreamed(question), { objectMode: false }))
  }
}

@Module({ controllers: [Questions], providers: [Answers] })
class Shop {}

// end

// guide: context
import { NestFactory } from '@nestjs/core'

llmobs.init({ mlApp: 'support-bot', drainOnSignals: ['SIGTERM'] })

export async function open() {
  const app = await NestFactory.create(Shop, { logger: ['error', 'warn'] })
  // Before guards, interceptors and pipes, for all controllers.
  app.use((request, _response, next) => {
    llmobs.withRoutingContext(routeOf(request.headers['x-customer']), next)
  })
  return app
}
// end

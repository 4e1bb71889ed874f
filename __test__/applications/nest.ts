// Nest with its guards, interceptors and pipes above and below the decorator: none of them may vanish.

import 'reflect-metadata'
import {
  Body,
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Headers,
  HttpCode,
  Injectable,
  Module,
  type NestInterceptor,
  ParseIntPipe,
  Post,
  Query,
  SetMetadata,
  UseGuards,
  UseInterceptors
} from '@nestjs/common'
// biome-ignore lint/style/useImportType: Nest finds what it injects by its type
import { NestFactory, Reflector } from '@nestjs/core'
import { map } from 'rxjs'

const { TENANTS, open, say, sayWhatGoesWrong } = require('./spanlane-or-not')

sayWhatGoesWrong()
const llmobs = open()

const Traced = (name: string) => llmobs.decorate({ kind: 'workflow', name })

@Injectable()
class TokenGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}
  canActivate(context: ExecutionContext) {
    const role = this.reflector.get('role', context.getHandler()) ?? 'any'
    return context.switchToHttp().getRequest().headers['x-token'] === role
  }
}

@Injectable()
class Loud implements NestInterceptor {
  intercept(_context: any, next: any) {
    return next.handle().pipe(map(value => ({ loud: value })))
  }
}

@Injectable()
class Models {
  @Traced('model')
  async answer(question: string) {
    await new Promise(resolve => setTimeout(resolve, 1))
    return `${question}!`
  }
}

@Controller()
class Answers {
  constructor(private readonly models: Models) {}

  @Traced('above')
  @UseGuards(TokenGuard)
  @SetMetadata('role', 'admin')
  @HttpCode(202)
  @Post('above')
  above(@Body('question') question: string) {
    return this.models.answer(question)
  }

  @UseGuards(TokenGuard)
  @SetMetadata('role', 'admin')
  @Post('below')
  @Traced('below')
  below(@Body('question') question: string) {
    return this.models.answer(question)
  }

  @UseGuards(TokenGuard)
  @Traced('between')
  @SetMetadata('role', 'admin')
  @UseInterceptors(Loud)
  @Get('between')
  async between(@Query('number', ParseIntPipe) number: number, @Headers('x-tenant') tenant: string) {
    return { number: number + 1, tenant, answer: await this.models.answer(String(number)) }
  }

  @Traced('fails')
  @Get('fails')
  fails() {
    throw new Error('as asked')
  }
}

@Module({ controllers: [Answers], providers: [Models] })
class Shop {}

async function main() {
  const app = await NestFactory.create(Shop, { logger: false })
  app.use((request: any, _response: any, next: any) =>
    llmobs.withRoutingContext(TENANTS[request.headers['x-tenant']], next)
  )
  await app.listen(0, '127.0.0.1')
  const url = await app.getUrl()
  const ask = async (path: string, tenant: string, token: string, body?: object) => {
    const response = await fetch(url + path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { 'content-type': 'application/json', 'x-tenant': tenant, 'x-token': token },
      body: body === undefined ? null : JSON.stringify(body)
    })
    say(path, token, response.status, await response.text())
  }
  for (const [path, tenant] of [
    ['/above', 'acme'],
    ['/below', 'globex']
  ]) {
    await ask(path, tenant, 'admin', { question: path })
    // Any role would do where the guard had lost its metadata.
    for (const token of ['none', 'any']) await ask(path, tenant, token, { question: path })
  }
  for (const token of ['admin', 'any']) await ask('/between?number=1', 'acme', token)
  await ask('/between?number=one', 'acme', 'admin')
  await ask('/fails', 'globex', 'admin')
  const { prototype } = Answers
  for (const name of ['above', 'below', 'between', 'fails'] as const) {
    say(
      name,
      prototype[name].name,
      prototype[name].length,
      Reflect.getMetadataKeys(prototype[name]).map(String).sort()
    )
  }
  say(Reflect.getMetadata('design:paramtypes', prototype, 'between').map((type: any) => type.name))
  await app.close()
}

main()

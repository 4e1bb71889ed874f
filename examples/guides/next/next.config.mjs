// guide: config
/** @type {import('next').NextConfig} */
export default {
  // It has a native part, which no bundle can hold.
  serverExternalPackages: ['spanlane']
}
// end

// The types of wgsl_reflect, for its entry that Node can import.
declare module "wgsl_reflect/wgsl_reflect.module.js" {
  export * from "wgsl_reflect";
}

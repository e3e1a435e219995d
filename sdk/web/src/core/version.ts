// The version the SDK reports as `sdk_version`. A test keeps it equal to package.json: reading that file at run time
// would put all of it into every bundle.

/** The version of the SDK, as attribute `sdk_version`. */
export const SDK_VERSION = '0.1.0';

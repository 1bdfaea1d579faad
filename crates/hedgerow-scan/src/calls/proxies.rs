//! What makes a client of an interface, by the names of functions, libraries, annotations and classes.

/// Base classes of libraries that make a class that implements an interface a client of it.
pub(super) const CLIENT_BASES: &[&str] = &["ClientProxyBase", "ClientBase", "DuplexClientBase"];

/// What classes have in their names that stand in for the other side.
pub(super) const STAND_INS: &[&str] = &["fallback", "mock", "stub", "fake", "dummy", "noop"];

/// Annotations that say of an interface that it is called from outside of the program.
pub(super) const REMOTE: &[&str] = &["Path", "RequestMapping", "WebService", "ServiceContract"];

/// Functions that make a client of the interface they are handed, whatever becomes of it.
pub(super) const FACTORIES: &[&str] = &[
    "newproxyinstance",
    "addrefitclient",
    "addcodefirstgrpcclient",
    "addhttpclientproxy",
    "addstatichttpclientproxy",
    "creategrpcservice",
    "getgrain",
    "newresource",
    "createclient",
    "setinterface",
    "setserviceinterface",
    "setserviceclass",
];

/// What the paths of libraries have in them whose functions do that, too.
pub(super) const LIBRARIES: &[&str] = &[
    "retrofit",
    "feign",
    "jaxrsclientfactory",
    "httpserviceproxyfactory",
    "resteasy",
    "hessian",
    "restclientbuilder",
    "channelfactory",
    "refit.restservice",
    "grpcchannel",
];

/// How functions begin, in small letters, that give what the program itself holds, or only look at the interface.
pub(super) const LOCAL: &[&str] = &[
    "getbean",
    "getservice",
    "getrequiredservice",
    "getkeyedservice",
    "getrequiredkeyedservice",
    "getinstance",
    "getmapper",
    "getextension",
    "getannotation",
    "getlogger",
    "getadapter",
    "readvalue",
    "convertvalue",
    "treetovalue",
    "parse",
    "fromjson",
    "deserialize",
    "mock",
    "spy",
    "load",
    "unwrap",
    "adapt",
    "isinstance",
    "isassignable",
    "cast",
    "resolve",
    "select",
    "lookup",
    "inject",
    "bind",
    "register",
    "add",
    "provide",
    "subscribe",
    "publish",
    "oftype",
];

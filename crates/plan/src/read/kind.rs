//! What kind of element a class is to the reader. A new one is named here, and in the file that reads it.

use super::element::Element;

/// What an element is to the walk.
pub(super) enum Kind {
    /// It decides what runs.
    Controller,
    /// It does something.
    Sampler,
    /// It is in scope of others, or sends nothing and takes no time.
    Ignored,
    /// None of these.
    Unknown,
}

impl Kind {
    pub(super) fn of(element: &Element) -> Self {
        match &*element.kind {
            "TestFragmentController" | "WorkBench" => Self::Ignored,
            "ParallelSampler" | "InterleaveControl" | "RunTime" | "CriticalSectionController" => {
                Self::Controller
            }
            "TestAction" => Self::Sampler,
            kind if kind.ends_with("Controller") => Self::Controller,
            kind if kind.ends_with("Sampler") || kind.starts_with("HTTPSampler") => Self::Sampler,
            "HTTP2Request" | "ParallelHTTPSampler" | "HTTPRawSampler" => Self::Sampler,
            kind if is_ignored(kind) => Self::Ignored,
            _ if element.text("guiclass").ends_with("SamplerGui") => Self::Sampler,
            _ => Self::Unknown,
        }
    }
}

/// Whether a sampler of a kind sends HTTP requests that the reader does not know.
pub(super) fn sends_other_http(kind: &str) -> bool {
    const NAMES: [&str; 5] =
        ["HTTPRawSampler", "AccessLogSampler", "OAuthSampler", "RestSampler", "WebDriverSampler"];
    NAMES.contains(&kind)
}

/// Whether a kind is a script before, after or about a sample.
pub(super) fn is_script(kind: &str) -> bool {
    let language = ["JSR223", "BeanShell", "BSF"].iter().any(|language| kind.starts_with(language));
    language && ["PreProcessor", "PostProcessor", "Assertion"].iter().any(|what| kind.ends_with(what))
}

/// How the names of kinds end that send nothing, take no time, or are read with the elements in their scope.
const ENDS: [&str; 28] = [
    "Timer",
    "Manager",
    "Assertion",
    "Extractor",
    "PostProcessor",
    "PreProcessor",
    "Collector",
    "Listener",
    "Visualizer",
    "Config",
    "ConfigElement",
    "DataSet",
    "Configuration",
    "Modifier",
    "Parser",
    "Filter",
    "Panel",
    "Processor",
    "Reporter",
    "DataSource",
    "ThreadGroup",
    "Recorder",
    "Writer",
    "Logger",
    "Uploader",
    "Formatter",
    "Converter",
    "Connection",
];

/// Other such kinds.
const NAMES: [&str; 22] = [
    "Arguments",
    "ConfigTestElement",
    "ProxyControl",
    "Summariser",
    "ResultAction",
    "ResultSaver",
    "DNSCacheManager",
    "BackendListener",
    "DebugPostProcessor",
    "LoginConfig",
    "RegExUserParameters",
    "UserParameters",
    "HttpMirrorControl",
    "RandomVariableConfig",
    "LoopControlPanel",
    "Counter",
    "SampleTimeout",
    "SetVariablesAction",
    "AutoStop",
    "JobStatistics",
    "LockFile",
    "VariablesFromCSV",
];

/// Whether a kind sends nothing and takes no time, or is read with the elements in its scope.
fn is_ignored(kind: &str) -> bool {
    ENDS.iter().any(|end| kind.ends_with(end)) || NAMES.contains(&kind)
}

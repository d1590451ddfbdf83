"""Names that only some versions of Python 3 have in modules of the standard library.

They were compared by importing the modules with each Python from 3.6 to 3.13. Without it, of older versions
only what code is known to try.
"""

from sdistmaker_observation.owners import words


def by_name(tables):
    """Versions by module and name, from texts with a module and its names a line by version."""
    found = {}
    for version, text in tables.items():
        for line in text.strip().splitlines():
            module, _, names = line.strip().partition(": ")
            found.update(((module, name), version) for name in words(names))
    return found


LATER_NAMES = by_name(
    {
        (3, 1): """
            collections: OrderedDict Counter
            importlib: import_module
        """,
        (3, 2): """
            functools: lru_cache
            tempfile: TemporaryDirectory
        """,
        (3, 3): """
            collections: ChainMap
            contextlib: ExitStack
            inspect: signature
            shlex: quote
            shutil: which get_terminal_size
            subprocess: DEVNULL
            time: monotonic perf_counter process_time get_clock_info
            types: SimpleNamespace MappingProxyType
            unittest: mock
        """,
        (3, 4): """
            contextlib: suppress redirect_stdout
            functools: singledispatch partialmethod
            html: unescape
            importlib: reload
            os: cpu_count
            inspect: unwrap
        """,
        (3, 5): """
            contextlib: redirect_stderr
            http: HTTPStatus
            math: gcd isclose inf nan
            os: scandir
            subprocess: run
            types: coroutine
        """,
        (3, 6): """
            contextlib: AbstractContextManager
            enum: Flag IntFlag auto
            math: tau
            os: PathLike fspath
            random: choices
            typing: NoReturn Collection
        """,
        (3, 7): """
            asyncio: run create_task get_running_loop current_task all_tasks
            builtins: breakpoint
            contextlib: AsyncExitStack asynccontextmanager nullcontext AbstractAsyncContextManager
            importlib: resources
            math: remainder
            py_compile: PycInvalidationMode
            queue: SimpleQueue
            re: Match Pattern
            time: time_ns monotonic_ns perf_counter_ns process_time_ns thread_time
            typing: ForwardRef OrderedDict
        """,
        (3, 8): """
            ast: NamedExpr get_source_segment
            functools: cached_property singledispatchmethod
            gzip: BadGzipFile
            importlib: metadata
            math: comb dist isqrt perm prod
            shlex: join
            statistics: NormalDist fmean geometric_mean multimode quantiles
            threading: excepthook get_native_id
            types: CellType
            typing: Final Literal Protocol SupportsIndex TypedDict final get_args get_origin runtime_checkable
            unittest: IsolatedAsyncioTestCase
            xml.etree.ElementTree: canonicalize
            zipfile: Path
        """,
        (3, 9): """
            argparse: BooleanOptionalAction
            ast: unparse
            asyncio: to_thread
            functools: cache
            importlib.resources: as_file files
            keyword: issoftkeyword softkwlist
            math: lcm nextafter ulp
            os: waitstatus_to_exitcode pidfd_open
            pkgutil: resolve_name
            random: randbytes
            types: GenericAlias
            typing: Annotated
            xml.etree.ElementTree: indent
        """,
        (3, 10): """
            abc: update_abstractmethods
            contextlib: AsyncContextDecorator aclosing
            importlib.metadata: EntryPoints PackageMetadata packages_distributions
            inspect: get_annotations
            io: text_encoding
            itertools: pairwise
            platform: freedesktop_os_release
            statistics: LinearRegression correlation covariance linear_regression
            sys: stdlib_module_names orig_argv
            sysconfig: get_default_scheme get_preferred_scheme
            types: EllipsisType NoneType NotImplementedType UnionType
            typing: Concatenate ParamSpec ParamSpecArgs ParamSpecKwargs TypeAlias TypeGuard is_typeddict
        """,
        (3, 11): """
            asyncio: Barrier Runner TaskGroup Timeout timeout timeout_at
            contextlib: chdir
            datetime: UTC
            enum: EnumCheck EnumType FlagBoundary ReprEnum StrEnum global_enum member nonmember property
            enum: verify
            hashlib: file_digest
            http: HTTPMethod
            inspect: getmembers_static
            logging: getLevelNamesMapping
            math: cbrt exp2
            operator: call
            typing: LiteralString Never NotRequired Required Self TypeVarTuple Unpack assert_never assert_type
            typing: dataclass_transform reveal_type
        """,
        (3, 12): """
            collections.abc: Buffer
            inspect: markcoroutinefunction
            itertools: batched
            logging: getHandlerByName getHandlerNames
            math: sumprod
            random: binomialvariate
            sys: monitoring activate_stack_trampoline
            types: get_original_bases
            typing: TypeAliasType override
        """,
        (3, 13): """
            base64: z85decode z85encode
            copy: replace
            glob: translate
            math: fma
            os: process_cpu_count
            pathlib: UnsupportedOperation
            queue: ShutDown
            re: PatternError
            statistics: kde kde_random
            typing: NoDefault ReadOnly TypeIs get_protocol_members is_protocol
            warnings: deprecated
        """,
    }
)
"""Names that older Pythons lack, with the first version, by module and name."""

REMOVED_NAMES = by_name(
    {
        (3, 8): """
            cgi: escape
            platform: dist linux_distribution popen
            tarfile: filemode
            time: clock
        """,
        (3, 9): """
            base64: decodestring encodestring
            fractions: gcd
        """,
        (3, 10): """
            collections: Callable Container Generator Hashable ItemsView Iterable Iterator KeysView Mapping
            collections: MappingView MutableMapping MutableSequence MutableSet Sequence Set Sized ValuesView
            collections: Awaitable ByteString Collection Coroutine Reversible
        """,
        (3, 11): """
            asyncio: coroutine
            inspect: ArgSpec formatargspec getargspec
        """,
        (3, 12): """
            configparser: SafeConfigParser
            importlib: find_loader
            pkgutil: ImpImporter ImpLoader
        """,
        (3, 13): """
            configparser: LegacyInterpolation
            re: template
            unittest: findTestCases getTestCaseNames makeSuite
        """,
        (3, 14): """
            ast: Bytes Ellipsis NameConstant Num Str
            pkgutil: find_loader get_loader
        """,
    }
)
"""Names that newer Pythons lack, with the first version without, by module and name."""

LATER_METHODS = words(
    """removeprefix removesuffix bit_count isascii is_relative_to hardlink_to with_stem with_segments
    fromisoformat add_note co_qualname co_positions co_lines co_exceptiontable is_junction"""
)
"""Methods that only some versions have, of classes that cannot be watched."""

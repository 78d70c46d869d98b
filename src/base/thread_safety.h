// The attributes by which clang's -Wthread-safety checks which mutex guards what; nothing for other compilers. See
// https://clang.llvm.org/docs/ThreadSafetyAnalysis.html; tools/check_thread_safety runs the check.
#pragma once

#if defined(__clang__)
#define SKEIN_THREAD_ATTRIBUTE(x) __attribute__((x))
#else
#define SKEIN_THREAD_ATTRIBUTE(x)
#endif

// Of classes: a mutex, and what holds one for the length of a scope.
#define CAPABILITY(name) SKEIN_THREAD_ATTRIBUTE(capability(name))
#define SCOPED_CAPABILITY SKEIN_THREAD_ATTRIBUTE(scoped_lockable)

// Of members: read and written only with the mutex held; PT_ speaks of what a pointer points to.
#define GUARDED_BY(mutex) SKEIN_THREAD_ATTRIBUTE(guarded_by(mutex))
#define PT_GUARDED_BY(mutex) SKEIN_THREAD_ATTRIBUTE(pt_guarded_by(mutex))

// Of functions: the caller holds the mutex, or does not; the function takes it, may take it, or gives it back. A lambda
// carries REQUIRES behind its parameters.
#define REQUIRES(...) SKEIN_THREAD_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define EXCLUDES(...) SKEIN_THREAD_ATTRIBUTE(locks_excluded(__VA_ARGS__))
#define ACQUIRE(...) SKEIN_THREAD_ATTRIBUTE(acquire_capability(__VA_ARGS__))
#define TRY_ACQUIRE(...) SKEIN_THREAD_ATTRIBUTE(try_acquire_capability(__VA_ARGS__))
#define RELEASE(...) SKEIN_THREAD_ATTRIBUTE(release_capability(__VA_ARGS__))

// What the analysis cannot follow; each use says why.
#define NO_THREAD_SAFETY_ANALYSIS SKEIN_THREAD_ATTRIBUTE(no_thread_safety_analysis)

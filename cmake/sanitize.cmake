# Builds under a sanitizer (tools/sanitize): everything that is compiled here is instrumented. DuckDB and Arrow are not.
#
#   address   AddressSanitizer and UndefinedBehaviorSanitizer      thread   ThreadSanitizer
set(SKEIN_SANITIZE "" CACHE STRING "address, thread, or empty for none")
set_property(CACHE SKEIN_SANITIZE PROPERTY STRINGS "" address thread)
if(NOT SKEIN_SANITIZE MATCHES "^(address|thread)?$")
  message(FATAL_ERROR "SKEIN_SANITIZE is \"${SKEIN_SANITIZE}\": address, thread, or empty")
endif()
if(SKEIN_SANITIZE)
  # Line numbers in reports, and cheap to build. What a sanitizer puts in makes gcc 12 see variables as uninitialized.
  set(CMAKE_CXX_FLAGS_RELEASE "-O1 -g1 -fno-omit-frame-pointer")
  add_compile_options(-Wno-maybe-uninitialized)
endif()
if(SKEIN_SANITIZE STREQUAL "address")
  # vptr asks for the type information of DuckDB's classes, which its libraries do not export.
  set(sanitize_flags -fsanitize=address,undefined -fno-sanitize=vptr -fno-sanitize-recover=undefined)
elseif(SKEIN_SANITIZE STREQUAL "thread")
  set(sanitize_flags -fsanitize=thread)
endif()
add_compile_options(${sanitize_flags})
add_link_options(${sanitize_flags})

# SPDX-License-Identifier: MIT
# ptrace_tracer: `make` builds, `make check` tests, `make install DESTDIR= PREFIX=` installs,
# `make uninstall` with the same variables removes it.
# BUILD= another build directory, CC=clang another compiler, SANITIZE=1 ASan and UBSan.
# CROSS_COMPILE=aarch64-linux-gnu- SYSROOT=DIR builds for another architecture, with the libraries
# below DIR, in build/ARCH.

# V=1 shows the commands.
Q   := $(if $(V),,@)
say := @echo ' '

# Compiled programs can be those of another architecture: nothing here runs them.
with_sysroot := $(if $(SYSROOT),--sysroot=$(abspath $(SYSROOT)))
GCC     := $(strip $(CROSS_COMPILE)gcc $(with_sysroot))
GXX     := $(strip $(CROSS_COMPILE)g++ $(with_sysroot))
STRIP   := $(CROSS_COMPILE)strip
OBJCOPY := $(CROSS_COMPILE)objcopy
ifeq ($(origin CC),default)
CC      := $(GCC)
else ifdef SYSROOT
override CC := $(CC) $(with_sysroot)
endif
ifeq ($(origin CXX),default)
CXX     := $(GXX)
else ifdef SYSROOT
override CXX := $(CXX) $(with_sysroot)
endif
ifeq ($(origin AR),default)
AR      := $(CROSS_COMPILE)ar
endif

TRIPLET := $(shell $(CC) -dumpmachine)
ARCH    := $(firstword $(subst -, ,$(TRIPLET)))
BUILD   ?= $(if $(CROSS_COMPILE),build/$(ARCH),build)
# One spelling, whoever calls: what an object depends on is written down under the object's name.
override BUILD := $(patsubst $(CURDIR)/%,%,$(abspath $(BUILD)))
PREFIX  ?= /usr/local
VERSION := $(shell cat VERSION)

CPPFLAGS += -D_GNU_SOURCE -Isrc -I$(BUILD)/gen -DVERSION='"$(VERSION)"'
CFLAGS   += -std=gnu11 -O2 -g -fPIC -fvisibility=hidden -Wall -Wextra -Werror -Wshadow \
            -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings
LDFLAGS  += -Wl,-z,now,-z,relro
PKG_CONFIG ?= pkg-config
ifdef SYSROOT
# For the libraries that those of the sysroot need: the linker does not read its ld.so.conf.
LDFLAGS  += $(foreach d,lib usr/lib,-Wl,-rpath-link,$(abspath $(SYSROOT))/$(d)/$(TRIPLET))
override PKG_CONFIG := PKG_CONFIG_SYSROOT_DIR=$(abspath $(SYSROOT)) \
              PKG_CONFIG_LIBDIR=$(abspath $(SYSROOT))/usr/lib/$(TRIPLET)/pkgconfig $(PKG_CONFIG)
endif
ifdef SANITIZE
CFLAGS   += -fsanitize=address,undefined -fno-omit-frame-pointer -fno-sanitize-recover=undefined
LDFLAGS  += -fsanitize=address,undefined
endif

# Files named for another architecture are left out.
ARCHES    := x86_64 aarch64
only_arch = $(filter-out $(foreach a,$(filter-out $(ARCH),$(ARCHES)),src/%_$(a).c src/ptrace/arch/$(a)/%),$(1))
sources = $(sort $(wildcard $(foreach d,$(1),src/$(d)/*.c src/$(d)/*/*.c src/$(d)/*/*/*.c)))

# What all parts may use.
UTIL     := $(call sources,util model)
SYMBOLS  := $(call only_arch,$(call sources,symbols))
ENGINE   := $(call only_arch,$(call sources,ptrace))
CLI      := $(call sources,cli)
# Of src/tp, the executable holds only what needs no LTTng library.
TP_EXE   := src/tp/print.c src/tp/summary.c src/tp/summary_calls.c src/tp/identity_override.c \
            src/tp/daemon_commands.c \
            src/tp/event_fields.c $(call sources,tp/ctf)
# What is made of src/DIR/NAME.proto.
PERFETTO := $(BUILD)/gen/analysis/export/perfetto.pb-c
ANALYSIS := $(wildcard src/analysis/*.c src/analysis/export/*.c src/analysis/export/html/*.c) \
            $(PERFETTO).c
READER   := $(call sources,analysis/babeltrace) src/analysis/field_roles.c \
            src/analysis/packet_cover.c
HTTP     := $(call sources,analysis/http)
SESSION  := $(call sources,tp/session)
BACKEND  := $(call sources,tp/lttng) src/tp/event_fields.c

obj = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))

# Zydis decodes x86 alone.
ENGINE_LIBS_x86_64 := -lZydis
ENGINE_LIBS  := $(ENGINE_LIBS_$(ARCH)) -lunwind-$(ARCH)
SYMBOLS_LIBS := -ldw -lelf -lz -lstdc++
ANALYSIS_LIBS := -ljansson -lprotobuf-c -lsqlite3 -lz
BACKEND_LIBS := -llttng-ust -llttng-ust-tracepoint -ldl
SESSION_LIBS := -llttng-ctl -llttng-ust-tracepoint
READER_LIBS  := -lbabeltrace2
HTTP_LIBS    := -lcurl

all: $(BUILD)/bin/ptrace_tracer $(BUILD)/lib/libptrace_engine.a \
     $(BUILD)/lib/libptrace_tracer_lttng.so $(BUILD)/lib/libptrace_tracer_session.so \
     $(BUILD)/lib/libptrace_tracer_reader.so $(BUILD)/lib/libptrace_tracer_http.so \
     $(BUILD)/bin/sample_app $(BUILD)/lib/libmylib.so $(BUILD)/lib/libmylib_wrapper.so

# $(BUILD)/flags changes when compiler or flags do, and everything is then made anew.
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(BUILD) $(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS)' | cmp -s - $@ || echo '$(BUILD) $(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS)' > $@

$(BUILD)/obj/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(say) CC $<
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

# protoc-c runs here, whatever is built for.
PROTOC_C ?= protoc-c
$(BUILD)/gen/%.pb-c.c $(BUILD)/gen/%.pb-c.h: src/%.proto
	@command -v $(PROTOC_C) >/dev/null || { echo 'no $(PROTOC_C) (protobuf-c-compiler): run scripts/setup.sh --build' >&2; exit 1; }
	@mkdir -p $(BUILD)/gen
	$(say) PROTOC $<
	$(Q)$(PROTOC_C) -Isrc --c_out=$(BUILD)/gen $<
.SECONDARY: $(PERFETTO).c
$(foreach o,obj fuzz/obj,$(BUILD)/$(o)/src/analysis/export/perfetto.o): $(PERFETTO).h

# The engine's public names are all it shows; it carries what it uses of util and model.
$(BUILD)/lib/libptrace_engine.a: $(call obj,$(ENGINE) $(UTIL))
	@mkdir -p $(@D)
	@rm -f $@
	$(say) AR $@
	$(Q)$(AR) rcs $@ $^

# Exported so that liblttng-ust finds ours: see src/tp/identity_override.h.
EXPORTS := $(foreach name,gettid getpid pthread_getname_np poll recvmsg ptrace_tracer_identity_override,\
             -Wl,--export-dynamic-symbol=$(name))

$(BUILD)/bin/ptrace_tracer: $(call obj,$(CLI) $(ANALYSIS) $(TP_EXE) $(SYMBOLS)) $(BUILD)/lib/libptrace_engine.a
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(EXPORTS) -o $@ $(filter %.o,$^) $(BUILD)/lib/libptrace_engine.a \
	    $(ENGINE_LIBS) $(SYMBOLS_LIBS) $(ANALYSIS_LIBS) -ldl -lpthread

$(BUILD)/lib/libptrace_tracer_lttng.so: $(call obj,$(BACKEND) $(UTIL))
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -shared -o $@ $^ $(BACKEND_LIBS) -lpthread

$(BUILD)/lib/libptrace_tracer_session.so: $(call obj,$(SESSION) $(UTIL))
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -shared -o $@ $^ $(SESSION_LIBS)

$(BUILD)/lib/libptrace_tracer_reader.so: $(call obj,$(READER) $(UTIL))
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -shared -o $@ $^ $(READER_LIBS)

$(BUILD)/lib/libptrace_tracer_http.so: $(call obj,$(HTTP) $(UTIL))
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -shared -o $@ $^ $(HTTP_LIBS)

include src/analysis/export/html/page.mk
include src/types/types.mk
include sample/sample.mk
include tests/tests.mk
include bench/bench.mk

format:
	clang-format -i $(shell git ls-files '*.c' '*.h')

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/ptrace_tracer \
	    $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/bash-completion/completions \
	    $(DESTDIR)$(PREFIX)/share/ptrace_tracer/types
	install -m 755 $(BUILD)/bin/ptrace_tracer $(DESTDIR)$(PREFIX)/bin/
	install -m 644 $(BUILD)/lib/libptrace_tracer_lttng.so $(BUILD)/lib/libptrace_tracer_session.so \
	    $(BUILD)/lib/libptrace_tracer_reader.so $(BUILD)/lib/libptrace_tracer_http.so \
	    $(DESTDIR)$(PREFIX)/lib/ptrace_tracer/
	install -m 755 $(TYPES_DIR)/make_types.sh $(DESTDIR)$(PREFIX)/share/ptrace_tracer/
	install -m 644 $(TYPES_DIR)/parameters.awk $(DESTDIR)$(PREFIX)/share/ptrace_tracer/
	install -m 644 $(TYPES_DIR)/types/libc.types $(DESTDIR)$(PREFIX)/share/ptrace_tracer/types/
	install -m 644 docs/ptrace_tracer.1 $(DESTDIR)$(PREFIX)/share/man/man1/
	install -m 644 scripts/completion.bash \
	    $(DESTDIR)$(PREFIX)/share/bash-completion/completions/ptrace_tracer

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/ptrace_tracer $(DESTDIR)$(PREFIX)/share/man/man1/ptrace_tracer.1 \
	    $(DESTDIR)$(PREFIX)/share/bash-completion/completions/ptrace_tracer
	rm -rf $(DESTDIR)$(PREFIX)/lib/ptrace_tracer $(DESTDIR)$(PREFIX)/share/ptrace_tracer

clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)

FORCE:
.PHONY: all format install uninstall clean check FORCE
.DELETE_ON_ERROR:

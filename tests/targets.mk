# SPDX-License-Identifier: MIT
# The programs that the engine is tested on. They are ordinary programs: without sanitizers, with
# their own flags, however the tracer is built.

TARGET_NAMES := one_thread aliases threads8 recursion tailcall longjmp signal_storm dlopen rewriter fork_child vfork_exec \
                exec_other exit_in_function die_by_signal wait_for_line segv_fixup \
                own_breakpoint scarce_memory sigtrap_blocked group_stop suspends job many_threads_churn first_instructions \
                coroutines thread_ends exceptions made_code affinity jit undumpable under_seccomp
# Processes, signals and ways out.
TARGET_NAMES += reload crowd secluded
TARGET_NAMES += processes ends frames_left nested coroutines20 signal_pc \
                signals_awaited debugger seccomp_strict limited take call_chain pointers withdrawn fork_between \
                many family shared_memory namespace_init orphans
# Untraced calls from the same places as traced ones.
TARGET_NAMES += dispatch fault_behind
# Raw system calls for signals.
TARGET_NAMES += sigtrap_syscall
# Many processes that share memory.
TARGET_NAMES += vfork_chain
# Calls without a change of the stack pointer, results in memory, system calls that block; times.
TARGET_NAMES += same_stack big_results blocked_calls interrupted_call cpu_times
# What a tracer serves by jumps.
TARGET_NAMES += jumping jump_cycles
# Very many mappings.
TARGET_NAMES += many_mappings
# Programs with code in no file.
TARGET_NAMES += in_memory
# Programs that set the processor's trap flag.
TARGET_NAMES_x86_64 := steps_itself handler_on_handler suspended callers mends_pages
TARGET_NAMES_x86_64 += jump_rules
TARGET_NAMES += $(TARGET_NAMES_$(ARCH))
# What a program may do to jumps and their rings.
TARGET_NAMES += killed executes_busy overwrites_rings core_dumped pointed
# What is hard on jumps.
TARGET_NAMES += late_float profiled rethrows contexts forks_hot crowded
TARGET_HEADERS := $(wildcard tests/targets/*.h tests/targets/*.inc tests/targets/$(ARCH)/*.h)
TARGETS := $(addprefix $(BUILD)/targets/,$(TARGET_NAMES) libdlopen_lib.so libmapped_lib.so libmoves_text.so \
             one_thread_static one_thread_static_pie one_thread_no_pie threads8_static)

# Programs with landing pads and signed return addresses, in guarded pages where there are such.
TARGETS += $(addsuffix _protected,$(addprefix $(BUILD)/targets/,one_thread threads8 recursion tailcall longjmp exceptions \
             coroutines dispatch call_chain signal_storm))

# Names by both compilers.
TARGETS += $(BUILD)/targets/cxx_names \
           $(if $(CROSS_COMPILE),,$(if $(shell command -v clang++ 2>/dev/null),$(BUILD)/targets/cxx_names_clang))

TEST_TARGETS += $(TARGETS)

# What is different for each architecture is in tests/targets/ARCH: functions in assembly in files
# named for the program, and machine.h.
TARGET_INCLUDES := -Itests/targets -Itests/targets/$(ARCH)
TARGET_CC = $(CC) -std=gnu11 -D_GNU_SOURCE -O1 -g -Wall -Wextra -Werror $(TARGET_INCLUDES) $(TARGET_CFLAGS)

$(BUILD)/targets/%: TARGET_CFLAGS = -fPIE -pie
# Tail calls become jumps.
$(BUILD)/targets/tailcall $(BUILD)/targets/dispatch $(BUILD)/targets/cpu_times $(BUILD)/targets/tailcall_protected: TARGET_CFLAGS += -O2 -foptimize-sibling-calls
$(BUILD)/targets/dlopen $(BUILD)/targets/family $(BUILD)/targets/shared_memory $(BUILD)/targets/many_mappings $(BUILD)/targets/jumping: TARGET_CFLAGS += -Wl,-rpath,'$$ORIGIN'
PROTECTED_x86_64  := -fcf-protection=full
# The C library's files for programs, and libgcc's, need not have landing pads.
PROTECTED_aarch64 := -mbranch-protection=standard -mno-outline-atomics -nostartfiles tests/targets/aarch64/protected_start.S
# A breakpoint on a landing pad needs no copy.
LANDING_PADS_x86_64  := -fcf-protection=branch
LANDING_PADS_aarch64 := -mbranch-protection=bti
$(BUILD)/targets/fork_between: TARGET_CFLAGS += $(LANDING_PADS_$(ARCH))
# GCC alone has nested functions.
$(BUILD)/targets/nested: TARGET_CC = $(GCC) -std=gnu11 -D_GNU_SOURCE -O1 -g -Wall -Wextra -Werror -Wno-trampolines \
                                     $(TARGET_INCLUDES) -fPIE -pie -z execstack
$(BUILD)/targets/coroutines20: TARGET_CXXFLAGS = -std=c++20
$(foreach s,$(wildcard tests/targets/$(ARCH)/*.S),\
    $(eval $(BUILD)/targets/$(basename $(notdir $s)) $(BUILD)/targets/$(basename $(notdir $s))_protected: $s))
$(BUILD)/targets/lib%.so: TARGET_CFLAGS = -fPIC -shared
$(BUILD)/targets/%_static: TARGET_CFLAGS = -fno-pie -static
$(BUILD)/targets/%_static_pie: TARGET_CFLAGS = -fPIE -static-pie
$(BUILD)/targets/%_no_pie: TARGET_CFLAGS = -fno-pie -no-pie
$(BUILD)/targets/%_protected: TARGET_CFLAGS = -fPIE -pie $(PROTECTED_$(ARCH))
$(BUILD)/targets/%_protected: TARGET_CXXFLAGS = -fPIE -pie -Itests/targets $(PROTECTED_$(ARCH))

define build_target
@mkdir -p $(@D)
$(TARGET_CC) -o $@ $(filter %.c %.S,$^) -pthread -ldl
endef

define build_target_cxx
@mkdir -p $(@D)
$(CXX) $(TARGET_CXXFLAGS) -O1 -g -Wall -Wextra -Werror -o $@ $<
endef

$(BUILD)/targets/%_static: tests/targets/%.c $(TARGET_HEADERS)
	$(build_target)

$(BUILD)/targets/%_static_pie: tests/targets/%.c $(TARGET_HEADERS)
	$(build_target)

$(BUILD)/targets/%_no_pie: tests/targets/%.c $(TARGET_HEADERS)
	$(build_target)

$(BUILD)/targets/%_protected: tests/targets/%.c $(TARGET_HEADERS)
	$(build_target)

$(BUILD)/targets/%_protected: tests/targets/%.cc $(TARGET_HEADERS)
	$(build_target_cxx)

$(BUILD)/targets/lib%.so: tests/targets/%.c
	@mkdir -p $(@D)
	$(TARGET_CC) -o $@ $<

$(BUILD)/targets/%: tests/targets/%.c $(TARGET_HEADERS)
	$(build_target)

$(BUILD)/targets/%: tests/targets/$(ARCH)/%.c $(TARGET_HEADERS)
	$(build_target)

$(BUILD)/targets/%: tests/targets/%.cc $(TARGET_HEADERS)
	$(build_target_cxx)

# Unoptimised: no function is inlined, and each function's calls are counted.
$(BUILD)/targets/cxx_names: tests/targets/cxx_names.cc
	@mkdir -p $(@D)
	$(GXX) -std=c++20 -O0 -g -finstrument-functions -Wall -Wextra -Werror -o $@ $<

$(BUILD)/targets/cxx_names_clang: tests/targets/cxx_names.cc
	@mkdir -p $(@D)
	clang++ -std=c++20 -O0 -g -finstrument-functions -Wall -Wextra -Werror -o $@ $<

targets: $(TARGETS)

.PHONY: targets

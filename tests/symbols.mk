# SPDX-License-Identifier: MIT
# The ELF and DWARF files that tests/unit reads. Only the small programs of main() are run.

SYMBOLS_DIR := $(BUILD)/symbols
# Tests read the output of both compilers. Without clang, and for another architecture, those files
# are left out, and the tests say so.
SYMBOLS_CLANG := $(if $(CROSS_COMPILE),,$(shell command -v clang 2>/dev/null))

SYMBOLS_TYPES := types_gcc_O0 types_gcc_O2 types_gcc_dwarf4 types_gcc_split types_gcc_split4 types_gcc_units types_gcc_g1 \
                 $(if $(SYMBOLS_CLANG),types_clang_O0 types_clang_O2 types_clang_split types_clang_g1 unused_clang_O0 unused_clang_O2)
SYMBOLS_CXX   := cxx_gcc cxx_gcc_units library_gcc virtual_gcc_O0 virtual_gcc_O2 \
                 $(addprefix defaulted_gcc_,5_O0 4_O0 strict4_O0 strict4_O2) \
                 $(if $(SYMBOLS_CLANG),cxx_clang library_clang virtual_clang_O0 virtual_clang_O2 \
                 $(addprefix defaulted_clang_,5_O0 4_O0 strict4_O0 strict4_O2))
SYMBOLS_SOURCES := $(addprefix sources_,gcc_4 gcc_5 gcc_split gcc_units gcc_lto gcc_compressed \
                   $(if $(shell command -v dwz 2>/dev/null),gcc_dwz gcc_dwz4) \
                   $(if $(SYMBOLS_CLANG),clang_4 clang_5 clang_split clang_units))
SYMBOLS_TYPED := types_bare typed/libtyped.so.1 typed/debug/libtyped.so.1 typed/program typed/plain.o typed/definition.o typed/lines.types typed/other.types \
                 $(if $(SYMBOLS_CLANG),types_bare_clang)
SYMBOLS_LINKS := pie no_pie static static_pie libnames.so.1 libdynsym.so stripped_build_id stripped_debuglink
SYMBOLS_UNNAMED := unnamed_gcc unnamed_gcc_no_pie $(if $(SYMBOLS_CLANG),unnamed_clang)
SYMBOLS_UNNAMED += $(addsuffix _stripped,$(SYMBOLS_UNNAMED) pie no_pie static static_pie cxx_gcc)
SYMBOLS_TEST_FILES := $(addprefix $(SYMBOLS_DIR)/,$(SYMBOLS_TYPES) $(SYMBOLS_CXX) $(SYMBOLS_SOURCES) $(SYMBOLS_LINKS) \
                      $(SYMBOLS_UNNAMED) $(SYMBOLS_TYPED))

TEST_TARGETS += $(SYMBOLS_TEST_FILES)

symbols_names := tests/targets/symbols_names.c tests/targets/symbols_names_second.c
# Not every architecture splits functions by default, or has code in pages of its own.
symbols_flags := -D_GNU_SOURCE -w -g -O2 -freorder-blocks-and-partition
symbols_gcc   := $(GCC) -std=gnu11
symbols_clang := clang -std=gnu11

# compiler, flags
define symbols_build
@mkdir -p $(@D)
$(1) $(2) -o $@ $(filter %.c %.cc,$^)
endef

$(SYMBOLS_DIR)/types_gcc_O0: tests/targets/symbols_types.c
	$(call symbols_build,$(symbols_gcc),-w -g -O0)
$(SYMBOLS_DIR)/types_gcc_O2: tests/targets/symbols_types.c
	$(call symbols_build,$(symbols_gcc),-w -g -O2)
$(SYMBOLS_DIR)/types_gcc_dwarf4: tests/targets/symbols_types.c
	$(call symbols_build,$(symbols_gcc),-w -gdwarf-4 -gstrict-dwarf -O2)
$(SYMBOLS_DIR)/types_gcc_split: tests/targets/symbols_types.c
	$(call symbols_build,$(symbols_gcc),-w -g -gsplit-dwarf -O2)
$(SYMBOLS_DIR)/types_gcc_split4: tests/targets/symbols_types.c
	$(call symbols_build,$(symbols_gcc),-w -gdwarf-4 -gsplit-dwarf -O2)
$(SYMBOLS_DIR)/types_gcc_units: tests/targets/symbols_types.c
	$(call symbols_build,$(symbols_gcc),-w -g -fdebug-types-section -O2)
$(SYMBOLS_DIR)/types_gcc_g1: tests/targets/symbols_types.c
	$(call symbols_build,$(symbols_gcc),-w -g1 -O2)
$(SYMBOLS_DIR)/types_clang_O0: tests/targets/symbols_types.c
	$(call symbols_build,$(symbols_clang),-w -g -O0)
$(SYMBOLS_DIR)/types_clang_O2: tests/targets/symbols_types.c
	$(call symbols_build,$(symbols_clang),-w -g -O2)
$(SYMBOLS_DIR)/types_clang_split: tests/targets/symbols_types.c
	$(call symbols_build,$(symbols_clang),-w -g -gsplit-dwarf -O2)
$(SYMBOLS_DIR)/types_clang_g1: tests/targets/symbols_types.c
	$(call symbols_build,$(symbols_clang),-w -gline-tables-only -O2)

$(SYMBOLS_DIR)/unused_clang_O0: tests/targets/symbols_unused.c
	$(call symbols_build,$(symbols_clang),-w -g -O0)
$(SYMBOLS_DIR)/unused_clang_O2: tests/targets/symbols_unused.c
	$(call symbols_build,$(symbols_clang),-w -g -O2)

$(SYMBOLS_DIR)/library_gcc: tests/targets/symbols_library.cc
	$(call symbols_build,$(GXX) -std=gnu++17,-w -g -O0)
$(SYMBOLS_DIR)/library_clang: tests/targets/symbols_library.cc
	$(call symbols_build,clang++ -std=gnu++17,-w -g -O0)
$(SYMBOLS_DIR)/cxx_gcc: tests/targets/symbols_cxx.cc
	$(call symbols_build,$(GXX),-w -g -O1)
$(SYMBOLS_DIR)/cxx_gcc_units: tests/targets/symbols_cxx.cc
	$(call symbols_build,$(GXX),-w -g -O0 -fdebug-types-section)
$(SYMBOLS_DIR)/cxx_clang: tests/targets/symbols_cxx.cc
	$(call symbols_build,clang++,-w -g -O1)
$(SYMBOLS_DIR)/virtual_gcc_%: tests/targets/virtual_bases.cc
	$(call symbols_build,$(GXX) -std=gnu++17,-w -g -$*)
$(SYMBOLS_DIR)/virtual_clang_%: tests/targets/virtual_bases.cc
	$(call symbols_build,clang++ -std=gnu++17,-w -g -$*)
# The version of DWARF, with "strict" for no extensions, and the level.
symbols_defaulted = -w -gdwarf-$(patsubst strict%,%,$(word 1,$(subst _, ,$*))) $(if $(findstring strict,$*),-gstrict-dwarf) \
                    -$(word 2,$(subst _, ,$*))
$(SYMBOLS_DIR)/defaulted_gcc_%: tests/targets/defaulted.cc
	$(call symbols_build,$(GXX) -std=gnu++17,$(symbols_defaulted))
$(SYMBOLS_DIR)/defaulted_clang_%: tests/targets/defaulted.cc
	$(call symbols_build,clang++ -std=gnu++17,$(symbols_defaulted))

symbols_sources := tests/targets/symbols_sources.cc tests/targets/symbols_sources_second.cc
symbols_sources_4 := -gdwarf-4
symbols_sources_5 := -gdwarf-5
symbols_sources_split := -gdwarf-5 -gsplit-dwarf
symbols_sources_units := -gdwarf-5 -fdebug-types-section
symbols_sources_lto := -gdwarf-5 -flto=1
symbols_sources_compressed := -gdwarf-5 -gz=zlib
symbols_sources_dwz := -gdwarf-5
symbols_sources_dwz4 := -gdwarf-4
$(SYMBOLS_DIR)/sources_gcc_%: $(symbols_sources) tests/targets/symbols_sources.h
	$(call symbols_build,$(GXX),-w -O1 $(symbols_sources_$*))
	$(if $(findstring dwz,$*),dwz $@)
$(SYMBOLS_DIR)/sources_clang_%: $(symbols_sources) tests/targets/symbols_sources.h
	$(call symbols_build,clang++,-w -O1 $(symbols_sources_$*))

$(SYMBOLS_DIR)/pie: $(symbols_names) tests/targets/symbols_names.h
	$(call symbols_build,$(symbols_gcc),$(symbols_flags) -fPIE -pie -Wl$(comma)-z$(comma)separate-code)
$(SYMBOLS_DIR)/no_pie: $(symbols_names) tests/targets/symbols_names.h
	$(call symbols_build,$(symbols_gcc),$(symbols_flags) -fno-pie -no-pie)
$(SYMBOLS_DIR)/static: $(symbols_names) tests/targets/symbols_names.h
	$(call symbols_build,$(symbols_gcc),$(symbols_flags) -fno-pie -static)
$(SYMBOLS_DIR)/static_pie: $(symbols_names) tests/targets/symbols_names.h
	$(call symbols_build,$(symbols_gcc),$(symbols_flags) -fPIE -static-pie)
$(SYMBOLS_DIR)/libnames.so.1: $(symbols_names) tests/targets/symbols_names.h tests/symbols.mk
	$(call symbols_build,$(symbols_gcc),$(symbols_flags) -fPIC -shared -Wl$(comma)-soname=$(@F))

$(SYMBOLS_DIR)/unnamed_gcc: tests/targets/symbols_unnamed.c
	$(call symbols_build,$(symbols_gcc),$(symbols_flags) -fPIE -pie)
$(SYMBOLS_DIR)/unnamed_gcc_no_pie: tests/targets/symbols_unnamed.c
	$(call symbols_build,$(symbols_gcc),$(symbols_flags) -fno-pie -no-pie)
$(SYMBOLS_DIR)/unnamed_clang: tests/targets/symbols_unnamed.c
	$(call symbols_build,$(symbols_clang),-w -g -O2 -fPIE -pie)
$(SYMBOLS_DIR)/%_stripped: $(SYMBOLS_DIR)/%
	$(STRIP) -o $@ $<

$(SYMBOLS_DIR)/libdynsym.so: $(SYMBOLS_DIR)/libnames.so.1
	$(STRIP) -o $@ $<
# Functions without debug information, and files with their types: the first for those of types_gcc_O2.
$(SYMBOLS_DIR)/types_bare: tests/targets/symbols_types.c
	$(call symbols_build,$(symbols_gcc),-w -O2)
$(SYMBOLS_DIR)/types_bare_clang: tests/targets/symbols_types.c
	$(call symbols_build,$(symbols_clang),-w -O2)
typed_source  := tests/targets/typed_library.c
typed_library  = $(symbols_gcc) -w -O1 -fPIC -shared -DLIBRARY -Wl,--version-script=tests/targets/typed_library.map \
                 -Wl,-soname=libtyped.so.1 -o $@ $(typed_source)
$(SYMBOLS_DIR)/typed/libtyped.so.1: $(typed_source) tests/targets/typed_library.h tests/targets/typed_library.map
	@mkdir -p $(@D)
	$(typed_library)
$(SYMBOLS_DIR)/typed/debug/libtyped.so.1: $(typed_source) tests/targets/typed_library.h tests/targets/typed_library.map
	@mkdir -p $(@D)
	$(typed_library) -g
$(SYMBOLS_DIR)/typed/program: $(typed_source) $(SYMBOLS_DIR)/typed/libtyped.so.1
	$(symbols_gcc) -w -O1 -o $@ $(typed_source) $(@D)/libtyped.so.1
$(SYMBOLS_DIR)/typed/plain.o: tests/targets/typed_object.c tests/targets/typed_library.h
	@mkdir -p $(@D)
	$(symbols_gcc) -w -g -c -o $@ $<
$(SYMBOLS_DIR)/typed/definition.o: tests/targets/typed_object.c tests/targets/typed_library.h
	@mkdir -p $(@D)
	$(symbols_gcc) -w -g -c -DDEFINITION -o $@ $<
$(SYMBOLS_DIR)/typed/lines.types: tests/targets/typed_object.c tests/targets/typed_library.h
	@mkdir -p $(@D)
	$(symbols_gcc) -w -g -shared -nostdlib -Wl,-z,max-page-size=4096 -DLINES=1 -o $@ $<
$(SYMBOLS_DIR)/typed/other.types: tests/targets/typed_object.c tests/targets/typed_library.h
	@mkdir -p $(@D)
	$(symbols_gcc) -w -g -shared -nostdlib -Wl,-z,max-page-size=4096 -DLINES=2 -o $@ $<
# Places of debug files: by build ID below a directory, by name beside the file.
$(SYMBOLS_DIR)/stripped_build_id: $(symbols_names) tests/targets/symbols_names.h
	$(call symbols_build,$(symbols_gcc),$(symbols_flags) -fPIE -pie -Wl$(comma)--build-id=0xabcdef0123456789)
	mkdir -p $(@D)/debug/.build-id/ab
	$(OBJCOPY) --only-keep-debug $@ $(@D)/debug/.build-id/ab/cdef0123456789.debug
	$(STRIP) $@
$(SYMBOLS_DIR)/stripped_debuglink: $(symbols_names) tests/targets/symbols_names.h
	$(call symbols_build,$(symbols_gcc),$(symbols_flags) -fPIE -pie -Wl$(comma)--build-id=none)
	$(OBJCOPY) --only-keep-debug $@ $@.debug
	$(STRIP) $@
	cd $(@D) && $(OBJCOPY) --add-gnu-debuglink=$(@F).debug $(@F)

# Code that a jump may replace, or not; in position-independent code and other. With relocations as
# bitmaps, if the linker knows these.
regions_source := tests/targets/x86_64/regions.S
SYMBOLS_REGIONS_x86_64 := $(addprefix $(SYMBOLS_DIR)/,regions.so regions_no_pie regions_relr.so regions_stripped.so regions_textrel.so regions_go.so)
TEST_TARGETS += $(SYMBOLS_REGIONS_$(ARCH))

regions_library = $(GCC) -fPIC -shared -nostdlib -o $@ $(regions_source)

$(SYMBOLS_DIR)/regions.so: $(regions_source)
	@mkdir -p $(@D)
	$(regions_library)
$(SYMBOLS_DIR)/regions_relr.so: $(regions_source)
	@mkdir -p $(@D)
	$(regions_library) -Wl,-z,pack-relative-relocs
$(SYMBOLS_DIR)/regions_textrel.so: $(regions_source)
	@mkdir -p $(@D)
	$(regions_library) -DTEXT_RELOCATION -Wl,-z,notext
$(SYMBOLS_DIR)/regions_no_pie: $(regions_source)
	@mkdir -p $(@D)
	$(GCC) -fno-pic -no-pie -nostdlib -o $@ $<
$(SYMBOLS_DIR)/regions_go.so: $(SYMBOLS_DIR)/regions.so
	$(OBJCOPY) --add-section .gopclntab=$(regions_source) $< $@
$(SYMBOLS_DIR)/regions_stripped.so: $(SYMBOLS_DIR)/regions.so
	$(STRIP) -o $@ $<

comma := ,

symbols-test-files: $(SYMBOLS_TEST_FILES)

.PHONY: symbols-test-files

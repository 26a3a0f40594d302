# SPDX-License-Identifier: MIT
# Types of functions without debug information: the type object of the C library, and the scripts
# that make one from headers.
TYPES_DIR := $(BUILD)/share/ptrace_tracer
TYPES_FILES := $(TYPES_DIR)/make_types.sh $(TYPES_DIR)/parameters.awk $(TYPES_DIR)/types/libc.types

all: $(TYPES_FILES)

$(TYPES_DIR)/%.sh: src/types/%.sh
	@mkdir -p $(@D)
	@install -m 755 $< $@

$(TYPES_DIR)/%.awk: src/types/%.awk
	@mkdir -p $(@D)
	@install -m 644 $< $@

# Of the C library that is built for.
$(TYPES_DIR)/types/libc.types: src/types/make_libc_types.sh src/types/make_types.sh \
    src/types/parameters.awk src/types/libc_headers.list $(BUILD)/flags
	@mkdir -p $(@D)
	$(say) TYPES $@
	$(Q)CC='$(CC)' bash $< > $@

/* SPDX-License-Identifier: MIT */
#include "symbols/module.h"

#include "symbols/image_internal.h"

target_addr module_target(const struct module *module, file_vaddr vaddr)
{
    return target_addr_of(vaddr.value + module->load_bias);
}

file_vaddr module_vaddr(const struct module *module, target_addr at)
{
    return file_vaddr_of(at.value - module->load_bias);
}

bool module_is_code(const struct module *module, target_addr at)
{
    return elf_file_is_code(&module->image->file, module_vaddr(module, at));
}

void modules_free(struct modules *modules)
{
    vec_free(&modules->list);
    vec_free(&modules->left_out);
}

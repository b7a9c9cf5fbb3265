"""The runtime's side of the agreement with packages that know they run on Workers.

A Worker's top level may run long before its first request, and its state may be stored and used
again. So what it draws from chance there must not matter: random numbers are refused, except where a
package is known to need some and is given new ones before the first request.

The workers SDK imports `allow_entropy` and `import_patch_manager`; the host calls `entropy_patches`.
"""

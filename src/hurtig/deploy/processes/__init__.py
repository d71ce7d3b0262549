"""TaskManagers in worker processes on this machine.

``task_managers``  what a JobMaster sees of them
``pool``           the client's side: one thread, which talks to all workers
``zygote``         a process that has imported the runtime, and forks workers
``worker``         what runs in a worker
"""
